//! What every store must do: the same tests, run against the memory store and against SQLite. Here: removing executions, and reading
//! parts of what there is.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, its helpers too"
)]

mod store_support;

use std::sync::Arc;

use durable_engine::{
    core::{ExecutionStatus, Invoker},
    store::{Created, EventRange, ListFilter, Store, StoreError},
};
use durable_runtime::wire::{OperationStatus, OperationType};
use store_support::*;

conformance! {
    given_a_deleted_execution_when_reading_then_it_is_gone_and_its_name_is_free
    given_executions_past_their_time_when_swept_then_only_they_are_removed
    given_an_execution_whose_caller_waits_when_swept_then_it_is_kept
    given_an_ended_execution_when_committing_then_it_stays_as_it_ended
    given_a_gap_in_the_events_when_committing_then_it_is_refused
    given_a_history_when_reading_a_part_then_it_begins_and_ends_where_asked
    given_a_filter_when_listing_then_only_what_it_lets_through_is_there
}

type Tested = Arc<dyn Store>;

async fn create(store: &Tested, workflow: &str, name: &str) {
    assert_eq!(
        store.create(created(workflow, name)).await.unwrap(),
        Created::New
    );
}

async fn given_a_deleted_execution_when_reading_then_it_is_gone_and_its_name_is_free(
    store: Tested,
) {
    create(&store, "fulfil", "order-1").await;
    create(&store, "fulfil", "order-2").await;
    drop(store.commit(step_done("fulfil", "order-1", 0, "x")));
    let arn = arn("fulfil", "order-1");

    // What was submitted before is written before.
    assert!(store.delete(&arn).await.unwrap());

    assert!(!store.delete(&arn).await.unwrap());
    assert_eq!(store.load(&arn).await.unwrap(), None);
    assert_eq!(store.record(&arn).await.unwrap(), None);
    assert_eq!(store.find("fulfil", "order-1").await.unwrap(), None);
    assert!(store.operations(&arn).await.unwrap().is_empty());
    assert!(store.history(&arn).await.unwrap().is_empty());
    assert_eq!(store.open().await.unwrap().len(), 1);
    let late = store.commit(step_done("fulfil", "order-1", 1, "y")).await;
    assert!(matches!(late, Err(StoreError::UnknownExecution { .. })));
    create(&store, "fulfil", "order-1").await;
    let listed = store.list(ListFilter::default()).await.unwrap();
    assert_eq!(&*listed[0].name, "order-1");
}

async fn given_executions_past_their_time_when_swept_then_only_they_are_removed(store: Tested) {
    assert_eq!(store.sweep(at(9_999)).await.unwrap(), None);
    let ended = async |n: i64| {
        let mut commit = created("fulfil", &format!("order-{n}"));
        commit.record.delete_at = (n > 0).then(|| at(n));
        commit.record.ended = Some(at(0));
        store.create(commit).await.unwrap();
    };
    for n in 0..200 {
        ended(n).await;
    }
    assert_eq!(store.sweep(at(0)).await.unwrap(), Some(at(1)));

    let mut sweeps = 0;
    while store.sweep(at(150)).await.unwrap() != Some(at(151)) {
        sweeps += 1;
        assert!(sweeps < 10);
    }

    let all = ListFilter {
        limit: 1_000,
        ..ListFilter::default()
    };
    assert_eq!(store.list(all).await.unwrap().len(), 50);
    let kept = store.find("fulfil", "order-0").await.unwrap().unwrap();
    assert_eq!(kept.delete_at, None, "kept for ever");
}

/// Its caller would find nothing, and start it once more.
async fn given_an_execution_whose_caller_waits_when_swept_then_it_is_kept(store: Tested) {
    create(&store, "fulfil", "caller").await;
    let mut call = step(0, OperationStatus::Started, None);
    call.operation.operation_type = OperationType::ChainedInvoke;
    call.operation.step_details = None;
    let operation = call.operation.id.clone();
    let mut commit = step_done("fulfil", "caller", 0, "x");
    commit.operations = vec![call];
    store.commit(commit).await.unwrap();
    let called = async |name: &str, arn: &str, operation: &str, until: i64| {
        let mut commit = created("fulfil", name);
        commit.record.ended = Some(at(0));
        commit.record.delete_at = Some(at(until));
        let invoker = Invoker {
            arn: arn.into(),
            operation: operation.into(),
        };
        let origin = Arc::make_mut(&mut commit.record.origin);
        origin.invoked_by = Some(invoker);
        store.create(commit).await.unwrap();
    };
    let caller = arn("fulfil", "caller");
    called("awaited", &caller, &operation, 1).await;
    called("of-another", &caller, "another", 2).await;
    called("of-nobody", "gone", &operation, 3).await;
    called("later", &caller, &operation, 9_000_000).await;

    let hour = 3_600_000;
    assert_eq!(store.sweep(at(10)).await.unwrap(), Some(at(10 + hour)));
    let there = async |name: &str| store.find("fulfil", name).await.unwrap().is_some();
    assert!(there("awaited").await && there("later").await);
    assert!(!there("of-another").await && !there("of-nobody").await);

    let mut answered = step_done("fulfil", "caller", 1, "x");
    answered.operations = vec![step(0, OperationStatus::Succeeded, None)];
    store.commit(answered).await.unwrap();
    assert_eq!(store.sweep(at(11)).await.unwrap(), Some(at(9_000_000)));
    assert!(!there("awaited").await);
}

async fn given_an_ended_execution_when_committing_then_it_stays_as_it_ended(store: Tested) {
    create(&store, "fulfil", "order-1").await;
    let mut last = step_done("fulfil", "order-1", 0, "x");
    last.record.status = ExecutionStatus::Succeeded;
    last.record.ended = Some(at(5));
    last.record.result = Some("42".into());
    store.commit(last.clone()).await.unwrap();

    // As somebody who read it before would go on: a retry is due, which is no event.
    let mut late = step_done("fulfil", "order-1", 0, "x");
    late.events.clear();
    let refused = store.commit(late).await;
    assert!(
        matches!(&refused, Err(StoreError::Conflict { detail, .. }) if detail == "it has ended"),
        "{refused:?}"
    );
    let arn = arn("fulfil", "order-1");
    let kept = store.record(&arn).await.unwrap().unwrap();
    assert_eq!(kept, last.record);
}

/// What a commit leaves that failed where nobody noticed.
async fn given_a_gap_in_the_events_when_committing_then_it_is_refused(store: Tested) {
    create(&store, "fulfil", "order-1").await;
    let refused = store.commit(step_done("fulfil", "order-1", 1, "x")).await;
    assert!(
        matches!(&refused, Err(StoreError::Conflict { detail, .. }) if detail == "event number 4 comes after number 1"),
        "{refused:?}"
    );
    let loaded = store.load(&arn("fulfil", "order-1")).await.unwrap();
    assert!(loaded.unwrap().operations.is_empty());
    store
        .commit(step_done("fulfil", "order-1", 0, "x"))
        .await
        .unwrap();
}

async fn given_a_history_when_reading_a_part_then_it_begins_and_ends_where_asked(store: Tested) {
    create(&store, "fulfil", "order-1").await;
    for n in 0..4 {
        let commit = step_done("fulfil", "order-1", n, "x");
        store.commit(commit).await.unwrap();
    }
    let ids = async |range: EventRange| {
        let events = store
            .events(&arn("fulfil", "order-1"), range)
            .await
            .unwrap();
        let ids: Vec<_> = events
            .iter()
            .map(|event| event.event_id.to_string())
            .collect();
        ids.join(" ")
    };
    let all = EventRange::default();
    assert_eq!(ids(all).await, "1 2 3 4 5 6 7 8 9");
    let newest = EventRange {
        newest_first: true,
        limit: 3,
        ..all
    };
    assert_eq!(ids(newest).await, "9 8 7");
    let from = |from| Some(from);
    assert_eq!(
        ids(EventRange {
            from: from(6),
            ..newest
        })
        .await,
        "6 5 4"
    );
    assert_eq!(
        ids(EventRange {
            from: from(8),
            ..all
        })
        .await,
        "8 9"
    );
    assert_eq!(
        ids(EventRange {
            from: from(10),
            ..all
        })
        .await,
        ""
    );
    assert_eq!(
        ids(EventRange {
            max_bytes: 1,
            ..all
        })
        .await,
        "1"
    );
    let both = EventRange {
        from: from(2),
        max_bytes: 60,
        ..all
    };
    assert_eq!(ids(both).await, "2 3");
}

async fn given_a_filter_when_listing_then_only_what_it_lets_through_is_there(store: Tested) {
    for n in 0..6 {
        let mut commit = created("fulfil", &format!("n{n}"));
        let version = n % 2;
        commit.record.arn =
            format!("arn:x:function:fulfil:{version}/durable-execution/n{n}/u").into();
        commit.record.started = at(n);
        if n > 3 {
            commit.record.status = ExecutionStatus::Paused;
        }
        store.create(commit).await.unwrap();
    }
    let names = async |change: &dyn Fn(&mut ListFilter)| {
        let mut filter = ListFilter::default();
        change(&mut filter);
        let listed = store.list(filter).await.unwrap();
        let names: Vec<_> = listed.iter().map(|it| it.name.to_string()).collect();
        (names.join(" "), listed.last().map(|it| it.position))
    };
    assert_eq!(names(&|it| it.name = Some("n2".into())).await.0, "n2");
    assert_eq!(
        names(&|it| it.version = Some("1".into())).await.0,
        "n5 n3 n1"
    );
    assert_eq!(
        names(&|it| it.statuses = vec![ExecutionStatus::Paused, ExecutionStatus::Failed])
            .await
            .0,
        "n5 n4"
    );
    assert_eq!(names(&|it| it.started_after = Some(at(3))).await.0, "n5 n4");
    assert_eq!(
        names(&|it| it.started_before = Some(at(2))).await.0,
        "n1 n0"
    );
    let oldest = |it: &mut ListFilter| {
        it.oldest_first = true;
        it.limit = 2;
    };
    let (page, last) = names(&oldest).await;
    assert_eq!(page, "n0 n1");
    let next = |it: &mut ListFilter| {
        oldest(it);
        it.beyond = last;
    };
    assert_eq!(names(&next).await.0, "n2 n3");
}
