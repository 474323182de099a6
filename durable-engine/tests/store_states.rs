//! What a commit writes, and where the state of an execution is: in its own row, or in that of its last operation, when nothing else of its row has changed.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, its helpers too"
)]

mod store_support;

use std::path::PathBuf;

use durable_engine::{
    core::{Commit, ExecutionRecord, StoredOperation},
    store::{SqliteStore, Store},
};
use durable_runtime::wire::OperationStatus;
use rusqlite::Connection;
use store_support::*;

/// A kind of commit.
#[derive(Clone, Copy, Debug)]
enum Kind {
    /// A step starts and ends: nothing but the state of the record changes.
    Step,
    /// A step starts and ends, and an invocation is owed.
    StepAndMore,
    /// A step starts.
    Open,
    /// The step before ends or changes once more, and one starts and ends.
    Both,
    /// Something is counted in the record, without operations and events.
    Count,
}

const KINDS: [Kind; 5] = [
    Kind::Step,
    Kind::StepAndMore,
    Kind::Open,
    Kind::Both,
    Kind::Count,
];

/// What an execution should be.
struct Model {
    name: String,
    record: ExecutionRecord,
    operations: Vec<StoredOperation>,
}

impl Model {
    fn new(name: String) -> Self {
        Self {
            record: record("states", &name),
            operations: Vec::new(),
            name,
        }
    }

    fn commit(&mut self, kind: Kind) -> Commit {
        let mut numbers = Vec::new();
        let next = self.operations.len();
        match kind {
            Kind::Step => numbers.push(next),
            Kind::StepAndMore => {
                self.record.invoke_at = Some(at(self.record.next_event_id as i64));
                numbers.push(next);
            }
            Kind::Open => {
                self.operations
                    .push(step(next as u64, OperationStatus::Started, None));
            }
            Kind::Both => numbers.extend([next.saturating_sub(1), next]),
            Kind::Count => self.record.failures += 1,
        }
        numbers.dedup();
        for number in &numbers {
            let text = format!("after event {}", self.record.next_event_id);
            let done = step(*number as u64, OperationStatus::Succeeded, Some(&text));
            match self.operations.get_mut(*number) {
                Some(there) => *there = done,
                None => self.operations.push(done),
            }
        }
        let mut events = Vec::new();
        if !matches!(kind, Kind::Count) {
            let details = durable_engine::core::EventDetails::StepStarted {};
            let id = self.operations[next].operation.id.clone();
            events.push(event(self.record.next_event_id, Some(&id), details));
            self.record.next_event_id += 1;
            self.record.token = Some(format!("token-{}", self.record.next_event_id));
        }
        if matches!(kind, Kind::Open) {
            numbers.push(next);
        }
        self.record.next_seq = self.operations.len() as u64;
        Commit {
            created: false,
            urgent: true,
            record: self.record.clone(),
            operations: numbers
                .iter()
                .map(|number| self.operations[*number].clone())
                .collect(),
            events,
        }
    }

    async fn check(&self, store: &SqliteStore, when: &str) {
        let loaded = store.load(&arn("states", &self.name)).await.unwrap();
        let loaded = loaded.unwrap();
        assert_eq!(loaded.record, self.record, "{} {when}", self.name);
        assert_eq!(loaded.operations, self.operations, "{} {when}", self.name);
    }
}

/// Every sequence of so many commits, each of its own execution.
fn sequences(length: u32) -> Vec<Vec<Kind>> {
    (0..KINDS.len().pow(length))
        .map(|number| {
            (0..length)
                .map(|place| KINDS[number / KINDS.len().pow(place) % KINDS.len()])
                .collect()
        })
        .collect()
}

#[tokio::test]
async fn given_commits_of_all_kinds_in_any_order_when_read_then_the_record_is_the_last_one() {
    let (_folder, path) = folder();
    let mut store = SqliteStore::open(&path).unwrap();
    let sequences = sequences(4);
    let mut models: Vec<_> = sequences
        .iter()
        .map(|kinds| Model::new(kinds.iter().map(|kind| format!("{kind:?}")).collect()))
        .collect();
    let creates: Vec<_> = models
        .iter()
        .map(|model| store.create(created("states", &model.name)))
        .collect();
    for create in creates {
        create.await.unwrap();
    }
    // The last two are submitted together, and behind them something that is refused, so that what is in its group is written one by one.
    for rounds in [0..1, 1..2, 2..4] {
        let round = rounds.start;
        let mut commits = Vec::new();
        for round in rounds {
            for (model, kinds) in models.iter_mut().zip(&sequences) {
                commits.push(store.commit(model.commit(kinds[round])));
            }
        }
        if round == 2 {
            let unknown = store.commit(step_done("states", "nobody", 0, "x"));
            assert!(unknown.await.is_err());
        }
        for commit in commits {
            commit.await.unwrap();
        }
        for model in &models {
            model.check(&store, &format!("in round {round}")).await;
        }
        if round == 1 {
            // Nothing is remembered of what the rows say.
            drop(store);
            store = SqliteStore::open(&path).unwrap();
            for model in &models {
                model.check(&store, "opened again").await;
            }
        }
    }
}

#[tokio::test]
async fn given_steps_only_when_stored_then_the_executions_row_is_left_alone() {
    let (_folder, path) = folder();
    let store = SqliteStore::open(&path).unwrap();
    store.create(created("states", "steps")).await.unwrap();
    let state = || -> String {
        let other = Connection::open(&path).unwrap();
        other
            .query_row("SELECT state FROM executions", [], |row| row.get(0))
            .unwrap()
    };
    let first = state();

    let mut model = Model::new("steps".into());
    for _ in 0..3 {
        store.commit(model.commit(Kind::Step)).await.unwrap();
    }

    assert_eq!(state(), first);
    model.check(&store, "in the end").await;
    store.commit(model.commit(Kind::StepAndMore)).await.unwrap();
    assert_ne!(state(), first);
    model.check(&store, "when more has changed").await;
}

#[tokio::test]
async fn given_a_long_history_when_committing_then_a_commit_writes_only_its_own_rows() {
    let (_folder, path) = folder();
    let store = SqliteStore::open(&path).unwrap();
    let mut first = created("long", "one");
    first.record.input = Some("i".repeat(1_000_000).into());
    store.create(first).await.unwrap();
    let payload = "p".repeat(2_000);
    let frames = |path: &PathBuf| {
        std::fs::metadata(path.with_extension("db-wal"))
            .unwrap()
            .len()
            / 4_120
    };
    let mut cost = Vec::new();

    for n in 0..300 {
        let before = frames(&path);
        store
            .commit(step_done("long", "one", n, &payload))
            .await
            .unwrap();
        cost.push(frames(&path) - before);
    }

    let early: u64 = cost[..100].iter().sum();
    let late: u64 = cost[200..].iter().sum();
    assert!(
        late <= early + early / 4,
        "100 early commits wrote {early} pages, 100 late ones {late}"
    );
    assert!(cost.iter().all(|pages| *pages < 20), "{cost:?}");
}
