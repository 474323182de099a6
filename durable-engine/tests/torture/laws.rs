//! What must hold whenever an engine has died: nothing that somebody was told is lost or changed.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use durable_engine::ExecutionStatus;
use durable_engine::store::{Loaded, SqliteReader};

use rusqlite::{Connection, OpenFlags};

use crate::ledger::Pages;
use crate::outside;
use crate::work::{AT_MOST_ONCE, Given};

/// What clients were answered.
#[derive(Clone, Debug, Default)]
pub(crate) struct Acknowledged {
    /// By the execution's name, the function or workflow.
    pub(crate) starts: BTreeMap<String, &'static str>,
    /// By the execution's name, what its callback was completed with.
    pub(crate) answers: BTreeMap<String, String>,
}

/// The results that executions were found to have ended with: they don't change any more.
pub(crate) type Ended = BTreeMap<String, String>;

/// Checks a database that no engine has open. Those in `ended` are looked at in the end only.
pub(crate) fn check(
    database: &Path,
    pages: &Pages,
    acknowledged: &Acknowledged,
    ended: &mut Ended,
) {
    at_most_once(pages);
    one_value_each(pages);
    if acknowledged.starts.is_empty() {
        // Nothing can be lost. The engine may have died before it had made its tables, or the file.
        return;
    }
    // Each read opens the file; as long as somebody else has it open, the log's index need not be made again each time.
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let open = Connection::open_with_flags(database, flags).unwrap();
    let _: i64 = open
        .query_row("SELECT count(*) FROM executions", [], |row| row.get(0))
        .unwrap();
    let reader = SqliteReader::open(database).unwrap();
    for (name, workflow) in &acknowledged.starts {
        if ended.contains_key(name) {
            continue;
        }
        if let Some(result) = one(&reader, workflow, name, pages, acknowledged) {
            ended.insert(name.clone(), result);
        }
    }
}

/// Checks that everything has ended, and everything as it was found to have ended before.
pub(crate) fn check_the_end(
    database: &Path,
    pages: &Pages,
    acknowledged: &Acknowledged,
    ended: &Ended,
) {
    let mut all = Ended::new();
    check(database, pages, acknowledged, &mut all);
    for name in acknowledged.starts.keys() {
        assert!(all.contains_key(name), "{name} has not ended");
    }
    for (name, result) in ended {
        assert_eq!(&all[name], result, "{name} had ended with another result");
    }
}

fn at_most_once(pages: &Pages) {
    for ((execution, step, attempt), times) in &pages.bodies {
        assert!(
            *times == 1 || !AT_MOST_ONCE.contains(&&**step),
            "{execution}: attempt {attempt} of {step} ran {times} times"
        );
    }
}

fn one_value_each(pages: &Pages) {
    for (execution, steps) in &pages.seen {
        for (step, values) in steps {
            assert_eq!(values.len(), 1, "{execution}: {step} changed: {values:?}");
        }
    }
}

/// Checks one execution, and gives its result if it has ended.
fn one(
    reader: &SqliteReader,
    workflow: &str,
    name: &str,
    pages: &Pages,
    acknowledged: &Acknowledged,
) -> Option<String> {
    let record = reader.find(workflow, name).unwrap();
    let record = record.unwrap_or_else(|| panic!("{name} was acknowledged and is lost"));
    let loaded = reader.load(&record.arn).unwrap().unwrap();
    let results = results(&loaded);
    let none = BTreeMap::new();
    let seen = pages.seen.get(name).unwrap_or(&none);
    for (step, values) in seen {
        for value in values {
            assert!(
                results.contains(&*serde_json::to_string(value).unwrap()),
                "{name}: the workflow has seen {value} of {step}, which is not recorded: {loaded:#?}"
            );
        }
    }
    if let Some(answer) = acknowledged.answers.get(name) {
        assert!(
            results.contains(&*serde_json::to_string(answer).unwrap()),
            "{name}: the answer {answer} was acknowledged and is not recorded: {loaded:#?}"
        );
    }
    let history = reader.history(&record.arn).unwrap();
    let ids: Vec<_> = history.iter().map(|event| event.event_id).collect();
    let gapless: Vec<_> = (1..=history.len() as u64).collect();
    assert_eq!(ids, gapless, "{name}");
    assert_eq!(loaded.record.next_event_id, ids.len() as u64 + 1, "{name}");
    assert_eq!(
        loaded.record.next_seq,
        loaded.operations.len() as u64,
        "{name}"
    );

    loaded.record.ended?;
    assert_eq!(
        loaded.record.status,
        ExecutionStatus::Succeeded,
        "{name}: {loaded:#?}"
    );
    let result = loaded.record.result.as_deref().unwrap();
    let given: Given = serde_json::from_str(result).unwrap();
    let steps = if workflow == outside::NAME { 1 } else { 8 };
    assert_eq!(given.len(), steps, "{name}: {given:?}");
    for (step, value) in &given {
        let values = seen
            .get(step)
            .unwrap_or_else(|| panic!("{name}: nobody saw {step}"));
        assert!(
            values.contains(value),
            "{name}: {step} gave {values:?}, the result has {value}"
        );
    }
    Some(result.to_owned())
}

/// All results that are recorded, as JSON.
fn results(loaded: &Loaded) -> BTreeSet<&str> {
    let operations = loaded.operations.iter().map(|stored| &stored.operation);
    operations
        .flat_map(|operation| {
            let step = operation.step_details.as_ref();
            let callback = operation.callback_details.as_ref();
            [
                step.and_then(|step| step.result.as_deref()),
                callback.and_then(|callback| callback.result.as_deref()),
            ]
        })
        .flatten()
        .collect()
}
