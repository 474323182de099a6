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
    core::{Commit, EventDetails},
    store::{Created, ListFilter, Store, StoreError},
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
        events: vec![
            event(2, Some("step-0001"), EventDetails::StepStarted {}),
            event(3, Some("step-0000"), EventDetails::StepStarted {}),
        ],
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
    assert_eq!(ids, [1, 2, 3, 4, 5]);
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
    create(&store, "fulfil", "good").await;
    create(&store, "fulfil", "bad").await;
    let mut good = 0..;
    let submitted: Vec<_> = (0..200)
        .map(|n| {
            if n % 10 == 3 {
                let mut commit = step_done("fulfil", "bad", 0, "x");
                commit.events[1].event_id = 1;
                return store.commit(commit);
            }
            let next = good.next().unwrap();
            store.commit(step_done("fulfil", "good", next, "x"))
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
    let kept = async |name: &str| store.operations(&arn("fulfil", name)).await.unwrap().len();
    assert_eq!((kept("good").await, kept("bad").await), (180, 0));
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
