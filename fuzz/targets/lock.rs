//! The lock file: any text is read or refused, what was read is written and read the same, merging is the same from both sides, and bringing one file
//! up to the operations of another settles in one step.
#![no_main]

use std::collections::BTreeMap;

use durable_lock::Kind;
use durable_lock::compare::{INSIDE, Place, SCOPES, part};
use durable_lock::lock::{Entry, Lock};
use durable_lock::update::{Decisions, Workflow, Written, update};
use libfuzzer_sys::{fuzz_mutator, fuzz_target};

/// Stands between the two files of one input.
const BETWEEN: &str = "\n--\n";

fn read(text: &str) -> Option<Lock> {
    let lock = Lock::parse(text)
        .inspect_err(|error| {
            assert!(!error.to_string().is_empty() && !error.help().is_empty());
        })
        .ok()?;
    let written = lock.to_text();
    let again = Lock::parse(&written).expect("what was written is read");
    assert_eq!(again, lock, "it says the same");
    assert_eq!(again.to_text(), written, "and is written the same");
    Some(lock)
}

/// What a merge makes of two branches that added different lines.
fn merge(one: &Lock, other: &Lock) {
    let merged = |first: &Lock, second: &Lock| Lock::parse(&(first.to_text() + &second.to_text()));
    match (merged(one, other), merged(other, one)) {
        (Ok(merged), Ok(turned)) => {
            assert_eq!(merged, turned, "the order of a merge says nothing");
            for entry in one.entries().chain(other.entries()) {
                assert!(
                    merged.get(&entry.workflow, &entry.key).is_some(),
                    "a merge lost `{}`",
                    entry.path()
                );
            }
        }
        (Err(_), Err(_)) => {}
        (merged, turned) => panic!("{merged:?} in one order and {turned:?} in the other"),
    }
}

/// The code that a lock file was made from, or could have been.
fn code_of(lock: &Lock) -> Vec<Workflow> {
    let mut workflows: BTreeMap<&str, Vec<Place>> = BTreeMap::new();
    for entry in lock.entries().filter(|entry| entry.is_live()) {
        workflows
            .entry(&entry.workflow)
            .or_default()
            .extend(places_of(entry));
    }
    let workflow = |(name, places): (&str, Vec<Place>)| Workflow {
        name: name.to_owned(),
        places,
    };
    workflows.into_iter().map(workflow).collect()
}

/// One operation stands in several places where they exclude each other.
fn places_of(entry: &Entry) -> impl Iterator<Item = Place> {
    let place = |scope: &str| Place {
        key: entry.text_key().to_owned(),
        kind: entry.kind,
        callee: entry.callee.clone(),
        scope: scope.to_owned(),
        keyed: entry.keyed,
        flat: entry.flat,
        in_branch: scope.contains('.'),
        labelled: entry.kind == Kind::Race,
    };
    entry
        .scope
        .split(SCOPES)
        .filter(|scope| is_of_code(scope))
        .map(place)
}

/// Code has no scope with a bar of its own: [`part`] escapes those of keys. A file that somebody wrote may have.
fn is_of_code(scope: &str) -> bool {
    scope.match_indices('|').all(|(at, _)| {
        let before = scope[..at].bytes().rev();
        before.take_while(|byte| *byte == b'\\').count() % 2 == 1
    })
}

/// Whether something was renamed that other operations are in.
fn names_scopes(written: &Written, code: &[Workflow]) -> bool {
    let Written::Aliased(entry) = written else {
        return false;
    };
    let new = part(entry.text_key());
    code.iter()
        .filter(|workflow| workflow.name == entry.workflow)
        .flat_map(|workflow| &workflow.places)
        .flat_map(|place| place.scope.split(INSIDE))
        .any(|scope| {
            let branch = scope.strip_prefix(&*new);
            let own = scope.strip_suffix(&*new);
            branch.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
                || own.is_some_and(|rest| rest.ends_with('.'))
        })
}

/// Locks the code of one file with the decisions that accept everything.
fn bring_up(lock: &Lock, code: &[Workflow]) {
    let decisions = Decisions {
        accept_all: true,
        ..Decisions::default()
    };
    let next = update(lock, code, &decisions);
    if !next.open.is_empty() {
        return;
    }
    read(&next.lock.to_text()).expect("the next revision is a lock file");
    // The macro reads the lock file too, and would now name these scopes after what they were called before. This code stays as it is.
    if next
        .written
        .iter()
        .any(|written| names_scopes(written, code))
    {
        return;
    }
    let settled = update(&next.lock, code, &decisions);
    assert_eq!(settled.written, [], "there is nothing to do a second time");
    assert_eq!(settled.open, [], "and nothing to decide");
    assert_eq!(settled.lock, next.lock);
}

fuzz_target!(|data: &[u8]| {
    let Ok(text) = str::from_utf8(data) else {
        return;
    };
    let (one, other) = text.split_once(BETWEEN).unwrap_or((text, ""));
    if let (Some(one), Some(other)) = (read(one), read(other)) {
        merge(&one, &other);
        bring_up(&one, &code_of(&other));
        bring_up(&other, &code_of(&one));
    }
});

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    durable_fuzz::mutate::lines(data, size, max_size, seed)
});
