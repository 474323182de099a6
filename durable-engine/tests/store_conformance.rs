//! What every store must do: the same tests, run against the memory store and against SQLite. Here: what is written, whole
//! or not at all.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, its helpers too"
)]

mod store_support;

use std::sync::Arc;

use durable_engine::{
    core::{Commit, ExecutionStatus},
    store::{Created, EventRange, ListFilter, Store, StoreError},
};
use durable_runtime::wire::OperationStatus;
use store_support::*;

conformance! {
    given_an_empty_store_when_reading_then_there_is_nothing
    given_a_new_execution_when_created_then_everything_comes_back
    given_a_taken_name_when_created_again_then_the_first_one_is_returned_and_nothing_changes
    given_many_at_once_with_one_name_when_created_then_exactly_one_is_new
    given_the_name_of_another_workflow_when_created_then_it_is_free
    given_an_arn_that_exists_when_created_under_another_name_then_it_is_refused
    given_commits_when_loading_then_the_latest_of_everything_is_there
    given_an_unknown_execution_when_committing_then_it_is_refused_by_name
    given_an_event_id_that_exists_when_committing_then_nothing_of_the_commit_is_stored
    given_an_operation_number_of_another_when_committing_then_nothing_of_the_commit_is_stored
    given_a_bad_commit_among_good_ones_when_submitted_together_then_only_it_fails
    given_a_future_that_is_dropped_when_reading_later_then_its_commit_is_stored
    given_a_created_commit_when_committed_then_it_creates_once
    given_a_deleted_execution_when_reading_then_it_is_gone_and_its_name_is_free
    given_executions_past_their_time_when_swept_then_only_they_are_removed
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

async fn given_an_empty_store_when_reading_then_there_is_nothing(store: Tested) {
    assert_eq!(store.load("nobody").await.unwrap(), None);
    assert_eq!(store.find("fulfil", "nobody").await.unwrap(), None);
    assert!(store.open().await.unwrap().is_empty());
    assert!(store.operations("nobody").await.unwrap().is_empty());
    assert!(store.history("nobody").await.unwrap().is_empty());
    assert!(store.list(ListFilter::default()).await.unwrap().is_empty());
}

async fn given_a_new_execution_when_created_then_everything_comes_back(store: Tested) {
    let commit = created("fulfil", "order-1");

    assert_eq!(store.create(commit.clone()).await.unwrap(), Created::New);

    let loaded = store.load(&commit.record.arn).await.unwrap().unwrap();
    assert_eq!(
        (loaded.record, loaded.operations),
        (commit.record.clone(), vec![])
    );
    assert_eq!(
        store.find("fulfil", "order-1").await.unwrap(),
        Some(commit.record.clone())
    );
    assert_eq!(
        store.history(&commit.record.arn).await.unwrap(),
        commit.events
    );
}

async fn given_a_taken_name_when_created_again_then_the_first_one_is_returned_and_nothing_changes(
    store: Tested,
) {
    create(&store, "fulfil", "order-1").await;
    let mut second = created("fulfil", "order-1");
    second.record.arn = "another arn".into();
    second.record.input = Some("another input".into());

    let answer = store.create(second).await.unwrap();

    assert_eq!(
        answer,
        Created::Existing(Box::new(record("fulfil", "order-1")))
    );
    assert_eq!(store.load("another arn").await.unwrap(), None);
    assert_eq!(
        store
            .history(&arn("fulfil", "order-1"))
            .await
            .unwrap()
            .len(),
        1
    );
}

async fn given_many_at_once_with_one_name_when_created_then_exactly_one_is_new(store: Tested) {
    let attempts: Vec<_> = (0..50)
        .map(|n| {
            let mut commit = created("fulfil", "order-1");
            commit.record.arn = format!("arn-{n}").into();
            tokio::spawn(store.create(commit))
        })
        .collect();

    let mut new = 0;
    let mut winners = Vec::new();
    for attempt in attempts {
        match attempt.await.unwrap().unwrap() {
            Created::New => new += 1,
            Created::Existing(record) => winners.push(record.arn),
        }
    }

    assert_eq!((new, winners.len()), (1, 49));
    let kept = store.find("fulfil", "order-1").await.unwrap().unwrap();
    assert!(
        winners.iter().all(|winner| *winner == kept.arn),
        "{winners:?}"
    );
}

async fn given_the_name_of_another_workflow_when_created_then_it_is_free(store: Tested) {
    create(&store, "fulfil", "order-1").await;
    create(&store, "refund", "order-1").await;
    assert_eq!(
        &*store
            .find("refund", "order-1")
            .await
            .unwrap()
            .unwrap()
            .workflow,
        "refund"
    );
}

async fn given_an_arn_that_exists_when_created_under_another_name_then_it_is_refused(
    store: Tested,
) {
    create(&store, "fulfil", "order-1").await;
    let mut commit = created("fulfil", "order-2");
    commit.record.arn = arn("fulfil", "order-1").into();

    let error = store.create(commit).await.unwrap_err();

    assert!(matches!(error, StoreError::Conflict { .. }), "{error}");
    assert_eq!(store.find("fulfil", "order-2").await.unwrap(), None);
}

async fn given_commits_when_loading_then_the_latest_of_everything_is_there(store: Tested) {
    create(&store, "fulfil", "order-1").await;
    let started = Commit {
        created: false,
        urgent: false,
        record: record("fulfil", "order-1"),
        operations: vec![
            step(1, OperationStatus::Started, None),
            step(0, OperationStatus::Started, None),
        ],
        events: vec![],
    };
    store.commit(started).await.unwrap();
    let done = step_done("fulfil", "order-1", 1, "receipt");

    store.commit(done.clone()).await.unwrap();

    let loaded = store.load(&done.record.arn).await.unwrap().unwrap();
    assert_eq!(loaded.record, done.record);
    assert_eq!(
        loaded.operations,
        [
            step(0, OperationStatus::Started, None),
            done.operations[0].clone()
        ]
    );
    assert_eq!(
        store.operations(&done.record.arn).await.unwrap(),
        loaded.operations
    );
    let ids: Vec<_> = store
        .history(&done.record.arn)
        .await
        .unwrap()
        .iter()
        .map(|event| event.event_id)
        .collect();
    assert_eq!(ids, [1, 4, 5]);
}

async fn given_an_unknown_execution_when_committing_then_it_is_refused_by_name(store: Tested) {
    let error = store
        .commit(step_done("fulfil", "order-1", 0, "x"))
        .await
        .unwrap_err();

    assert!(
        matches!(&error, StoreError::UnknownExecution { arn, .. } if *arn == self::arn("fulfil", "order-1"))
    );
    assert!(store.list(ListFilter::default()).await.unwrap().is_empty());
}

async fn given_an_event_id_that_exists_when_committing_then_nothing_of_the_commit_is_stored(
    store: Tested,
) {
    create(&store, "fulfil", "order-1").await;
    let mut commit = step_done("fulfil", "order-1", 0, "x");
    commit.record.failures = 7;
    commit.events[1].event_id = 1;

    let error = store.commit(commit.clone()).await.unwrap_err();

    assert!(matches!(error, StoreError::Conflict { .. }), "{error}");
    let loaded = store.load(&commit.record.arn).await.unwrap().unwrap();
    assert_eq!(
        (loaded.record, loaded.operations),
        (record("fulfil", "order-1"), vec![])
    );
    assert_eq!(store.history(&commit.record.arn).await.unwrap().len(), 1);
}

async fn given_an_operation_number_of_another_when_committing_then_nothing_of_the_commit_is_stored(
    store: Tested,
) {
    create(&store, "fulfil", "order-1").await;
    store
        .commit(step_done("fulfil", "order-1", 0, "x"))
        .await
        .unwrap();
    let mut commit = step_done("fulfil", "order-1", 1, "y");
    commit.operations.push(wait(0, at(1)));

    let error = store.commit(commit.clone()).await.unwrap_err();

    assert!(matches!(error, StoreError::Conflict { .. }), "{error}");
    assert_eq!(store.operations(&commit.record.arn).await.unwrap().len(), 1);
    assert_eq!(store.history(&commit.record.arn).await.unwrap().len(), 3);
}

async fn given_a_bad_commit_among_good_ones_when_submitted_together_then_only_it_fails(
    store: Tested,
) {
    create(&store, "fulfil", "order-1").await;
    let submitted: Vec<_> = (0..200)
        .map(|n| {
            let mut commit = step_done("fulfil", "order-1", n, "x");
            if n % 10 == 3 {
                commit.events[1].event_id = 1;
            }
            store.commit(commit)
        })
        .collect();

    let mut failed = Vec::new();
    for (n, commit) in submitted.into_iter().enumerate() {
        if let Err(error) = commit.await {
            assert!(matches!(error, StoreError::Conflict { .. }), "{error}");
            failed.push(n);
        }
    }

    assert_eq!(failed, (3..200).step_by(10).collect::<Vec<_>>());
    let kept = store.operations(&arn("fulfil", "order-1")).await.unwrap();
    assert!(kept.iter().all(|operation| operation.seq % 10 != 3));
    assert_eq!(kept.len(), 180);
}

async fn given_a_future_that_is_dropped_when_reading_later_then_its_commit_is_stored(
    store: Tested,
) {
    create(&store, "fulfil", "order-1").await;

    drop(store.commit(step_done("fulfil", "order-1", 0, "x")));
    store
        .commit(step_done("fulfil", "order-1", 1, "y"))
        .await
        .unwrap();

    assert_eq!(
        store
            .operations(&arn("fulfil", "order-1"))
            .await
            .unwrap()
            .len(),
        2
    );
}

async fn given_a_created_commit_when_committed_then_it_creates_once(store: Tested) {
    store.commit(created("fulfil", "order-1")).await.unwrap();

    let error = store
        .commit(created("fulfil", "order-1"))
        .await
        .unwrap_err();

    assert!(matches!(error, StoreError::Conflict { .. }), "{error}");
    assert_eq!(
        store
            .history(&arn("fulfil", "order-1"))
            .await
            .unwrap()
            .len(),
        1
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
