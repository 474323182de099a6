//! `.settled()` and when it ends.

use super::*;

/// What a batch says of itself: reason, status, counts of succeeded, failed, started and all items, and the items.
type Told = (String, String, [usize; 4], Vec<String>);

fn told(batch: &BatchResult<String, Error>) -> Told {
    let item = |item: &durable_runtime::BatchItem<String, Error>| {
        let result = match &item.result {
            Some(Ok(value)) => value.clone(),
            Some(Err(error)) => error.to_string(),
            None => "abandoned".to_owned(),
        };
        format!("{} {result}", item.index)
    };
    (
        batch.reason().to_string(),
        batch.status().to_string(),
        [
            batch.success_count(),
            batch.failure_count(),
            batch.started_count(),
            batch.total_count(),
        ],
        batch.items().iter().map(item).collect(),
    )
}

/// Like [`Told`], from text.
fn tells(reason: &str, status: &str, counts: [usize; 4], items: &[&str]) -> Told {
    (reason.to_owned(), status.to_owned(), counts, names(items))
}

/// One workflow for each policy, with a sleep behind the batch so that it is replayed.
macro_rules! policy {
    ($name:ident, |$batch:ident| $policy:expr) => {
        #[durable_workflow]
        async fn $name(names: Vec<String>, #[state] journal: Journal) -> Result<Told> {
            let journal = &journal;
            let $batch = map(&names, |name| async move { work(journal, name).await });
            let batch = $policy.named("batch").await;
            sleep(Duration::from_secs(1)).await;
            Ok(told(&batch))
        }
    };
}

policy!(everything, |batch| batch.settled());
policy!(two_good, |batch| batch
    .concurrency(1)
    .settled()
    .min_successful(2));
policy!(three_good, |batch| batch
    .concurrency(1)
    .settled()
    .min_successful(3));
policy!(no_failure, |batch| batch
    .settled()
    .tolerate_failures(0)
    .concurrency(1));
policy!(one_failure, |batch| batch
    .settled()
    .tolerate_failures(1)
    .concurrency(1));
policy!(quarter, |batch| batch
    .settled()
    .tolerate_failure_percentage(25.0)
    .concurrency(1));
policy!(both, |batch| batch
    .settled()
    .min_successful(2)
    .tolerate_failures(1)
    .concurrency(1));
policy!(predicate, |batch| batch
    .settled()
    .concurrency(1)
    .until(|progress| progress.completed() == 2));

macro_rules! ends {
    ($workflow:ident, $names:expr, $told:expr) => {
        for ran in in_every_mode($workflow, || names(&$names)).await {
            assert_eq!(ran.result.as_ref().unwrap(), &$told, "{}", ran.mode);
            // No item runs twice, and none that was not started.
            let expected = $told.2[3];
            assert_eq!(ran.journal.all().len(), expected, "{}", ran.mode);
            assert_eq!(
                ran.count("ContextStarted map-item"),
                expected,
                "{}",
                ran.mode
            );
        }
    };
}

#[tokio::test]
async fn without_a_policy_every_item_runs() {
    let items = ["0 bad failed", "1 B", "2 bad 2 failed"];
    ends!(
        everything,
        ["bad", "b", "bad 2"],
        tells("ALL_COMPLETED", "FAILED", [1, 2, 0, 3], &items)
    );
    ends!(
        everything,
        ["a"],
        tells("ALL_COMPLETED", "SUCCEEDED", [1, 0, 0, 1], &["0 A"])
    );
}

#[tokio::test]
async fn enough_successes_end_it() {
    let reached = "MIN_SUCCESSFUL_REACHED";
    ends!(
        two_good,
        ["bad", "b", "c", "d"],
        tells(
            reached,
            "FAILED",
            [2, 1, 0, 3],
            &["0 bad failed", "1 B", "2 C"]
        )
    );
    ends!(
        three_good,
        ["a", "bad", "c"],
        tells(
            "ALL_COMPLETED",
            "FAILED",
            [2, 1, 0, 3],
            &["0 A", "1 bad failed", "2 C"]
        )
    );
}

#[tokio::test]
async fn more_failures_than_tolerated_end_it() {
    let exceeded = "FAILURE_TOLERANCE_EXCEEDED";
    ends!(
        no_failure,
        ["a", "bad", "c"],
        tells(exceeded, "FAILED", [1, 1, 0, 2], &["0 A", "1 bad failed"])
    );
    ends!(
        one_failure,
        ["bad", "b", "c"],
        tells(
            "ALL_COMPLETED",
            "FAILED",
            [2, 1, 0, 3],
            &["0 bad failed", "1 B", "2 C"]
        )
    );
    ends!(
        one_failure,
        ["bad", "bad", "c"],
        tells(
            exceeded,
            "FAILED",
            [0, 2, 0, 2],
            &["0 bad failed", "1 bad failed"]
        )
    );
    ends!(
        quarter,
        ["bad", "b", "c", "d"],
        tells(
            "ALL_COMPLETED",
            "FAILED",
            [3, 1, 0, 4],
            &["0 bad failed", "1 B", "2 C", "3 D"]
        )
    );
    ends!(
        quarter,
        ["bad", "bad", "c", "d"],
        tells(
            exceeded,
            "FAILED",
            [0, 2, 0, 2],
            &["0 bad failed", "1 bad failed"]
        )
    );
    ends!(
        both,
        ["bad", "bad", "c", "d"],
        tells(
            exceeded,
            "FAILED",
            [0, 2, 0, 2],
            &["0 bad failed", "1 bad failed"]
        )
    );
}

#[tokio::test]
async fn the_callers_own_condition_ends_it() {
    ends!(
        predicate,
        ["a", "bad", "c"],
        tells(
            "PREDICATE_MATCHED",
            "FAILED",
            [1, 1, 0, 2],
            &["0 A", "1 bad failed"]
        )
    );
}

#[tokio::test]
async fn a_policy_that_can_not_be_met_fails_before_anything_is_started() {
    let engine = TestEngine::builder()
        .register(three_good)
        .state(Journal::default())
        .start()
        .await
        .unwrap();
    let run = engine.start(three_good, names(&["a", "b"])).await.unwrap();
    let error = run.result().await.unwrap_err().to_string();
    assert!(error.contains("can't be reached with 2 items"), "{error}");
    assert_eq!(lines(&run).await.len(), 3);
}

#[durable_workflow]
async fn quorum(#[state] journal: Journal) -> Result<Told> {
    let journal = &journal;
    let batch = map([60_u64, 1, 30, 2], |seconds| async move {
        sleep(Duration::from_secs(seconds)).await;
        work(journal, &format!("{seconds}")).await
    })
    .settled()
    .min_successful(2)
    .await;
    sleep(Duration::from_secs(1)).named("after").await;
    Ok(told(&batch))
}

#[tokio::test]
async fn items_that_sleep_are_abandoned_and_their_waits_cancelled() {
    for ran in in_every_mode(quorum, || ()).await {
        let items = ["0 abandoned", "1 1", "2 abandoned", "3 2"];
        let expected = tells("MIN_SUCCESSFUL_REACHED", "SUCCEEDED", [2, 0, 2, 4], &items);
        assert_eq!(ran.result.as_ref().unwrap(), &expected, "{}", ran.mode);
        ran.took(Duration::from_secs(3));
        assert_eq!(ran.journal.all(), ["1", "2"]);
        if ran.mode != "crashed" {
            assert_eq!(
                ran.count("WaitCancelled"),
                2,
                "{}: {:#?}",
                ran.mode,
                ran.lines
            );
        }
    }
}

#[durable_workflow]
async fn infallible(#[state] journal: Journal) -> Result<(usize, Vec<String>)> {
    let journal = &journal;
    let batch = map(["a", "b"], |name| async move {
        work(journal, name).await.unwrap_or_default()
    })
    .settled()
    .await;
    let count = batch.total_count();
    let Ok(values) = batch.into_result();
    Ok((count, values))
}

#[tokio::test]
async fn items_that_can_not_fail_settle_too() {
    for ran in in_every_mode(infallible, || ()).await {
        assert_eq!(ran.result.as_ref().unwrap(), &(2, names(&["A", "B"])));
    }
}
