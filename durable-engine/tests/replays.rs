//! Recorded histories replayed against other code: what fits, what diverges, what no longer reads, and that nothing runs meanwhile.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, in its helpers too"
)]

mod common;

use std::fs;
use std::panic::catch_unwind;
use std::path::PathBuf;

use common::Journal;
use durable_engine::{TestEngine, assert_replays};
use durable_runtime::host::State;
use durable_runtime::prelude::*;
use durable_runtime::recorded::{RecordedHistory, Replayer, Verdict};
use serde_json::json;

#[step]
async fn price(journal: &Journal, item: u32) -> Result<u32> {
    journal.note(format!("price {item}"));
    Ok(item * 10)
}

#[step(retry = exponential(max_attempts = 3, initial_delay = "1s", jitter = "none"))]
async fn flaky(cx: &StepContext, journal: &Journal) -> Result<u32> {
    journal.note("flaky");
    if cx.attempt() < 3 {
        Err(Error::msg("not yet"))
    } else {
        Ok(1)
    }
}

#[durable_helper]
async fn total(journal: &Journal, items: &[u32]) -> Result<u32> {
    let mut sum = 0;
    for item in items {
        sum += price(journal, *item).keyed(item).await?;
    }
    Ok(sum)
}

mod old {
    use super::*;

    #[durable_workflow]
    pub(super) async fn shop(items: Vec<u32>, #[state] journal: Journal) -> Result<u32> {
        let sum = total(&journal, &items).await?;
        flaky(&journal).await?;
        let raced = match race!(quick => price(&journal, 7).named("quick"), late => sleep(Duration::from_hours(1)))
        {
            quick(cents) => cents?,
            late(()) => 0,
        };
        let all = map(&items, |item| {
            let journal = journal.clone();
            async move { price(&journal, *item).await }
        })
        .await?;
        child("count", || async {
            price(&journal, 8).named("in child").await
        })
        .await?;
        let polled = poll_until(0u32, |n| async move { Ok::<_, Error>(n + 1) })
            .until(|n| *n == 2)
            .await?;
        let answer: u32 = wait_for_callback(|_id| price(&journal, 3))
            .timeout(Duration::from_hours(9))
            .await
            .unwrap_or(4);
        if items.is_empty() {
            return Err(Error::msg("nothing to sell"));
        }
        sleep(Duration::from_hours(24)).await;
        price(&journal, 9).named("last").await?;
        Ok(sum + raced + polled + answer + all.len() as u32)
    }
}

/// The history of a run of [`old::shop`], and how it ended.
async fn recorded(items: Vec<u32>) -> (String, Journal, Result<u32, String>) {
    let journal = Journal::default();
    let builder = TestEngine::builder()
        .register(old::shop)
        .state(journal.clone());
    let engine = builder.start().await.unwrap();
    let run = engine.start(old::shop, items).id("one").await.unwrap();
    let result = run.result().await.map_err(|error| error.to_string());
    let events = engine.history(run.arn()).await.unwrap();
    (json!({ "Events": events }).to_string(), journal, result)
}

fn state() -> State {
    State::new().with(Journal::default())
}

/// Every beginning of a history is the history of an execution in flight.
fn beginnings(history: &str) -> Vec<String> {
    let history: serde_json::Value = serde_json::from_str(history).unwrap();
    let events = history["Events"].as_array().unwrap();
    (1..=events.len())
        .map(|count| json!({ "Events": events[..count] }).to_string())
        .collect()
}

#[tokio::test]
async fn every_beginning_of_a_history_fits_the_code_that_recorded_it_and_nothing_runs() {
    for items in [vec![1, 2], vec![]] {
        let (history, _, _) = recorded(items).await;
        let journal = Journal::default();
        let replayer = Replayer::with_state(old::shop, State::new().with(journal.clone()));
        let mut stands = Vec::new();
        for beginning in beginnings(&history) {
            let verdict = replayer
                .replay(&RecordedHistory::parse(&beginning).unwrap())
                .await;
            assert!(verdict.fits(), "{verdict}\n{beginning}");
            stands.push(verdict.to_string());
        }
        assert_eq!(journal.all(), [""; 0], "no body runs");
        assert!(
            stands[0].contains("price") || stands[0].contains("flaky"),
            "{}",
            stands[0]
        );
        assert_eq!(stands.last().unwrap(), "fits");
    }
}

mod removed {
    use super::*;
    #[durable_workflow]
    pub(super) async fn shop(items: Vec<u32>, #[state] journal: Journal) -> Result<u32> {
        let sum = total(&journal, &items).await?;
        sleep(Duration::from_hours(24)).await;
        price(&journal, 9).named("last").await?;
        Ok(sum)
    }
}

mod retyped {
    use super::*;
    #[step]
    async fn flaky() -> Result<Vec<String>> {
        Ok(Vec::new())
    }
    #[durable_workflow]
    pub(super) async fn shop(items: Vec<u32>, #[state] journal: Journal) -> Result<u32> {
        let sum = total(&journal, &items).await?;
        flaky().await?;
        Ok(sum)
    }
}

mod other_kind {
    use super::*;
    #[durable_workflow]
    pub(super) async fn shop(items: Vec<u32>, #[state] journal: Journal) -> Result<u32> {
        let sum = total(&journal, &items).await?;
        sleep(Duration::from_secs(1)).named("flaky").await;
        Ok(sum)
    }
}

mod other_input {
    use super::*;
    #[durable_workflow]
    pub(super) async fn shop(items: String) -> Result<u32> {
        Ok(items.len() as u32)
    }
}

mod panics {
    use super::*;
    #[durable_workflow]
    pub(super) async fn shop(items: Vec<u32>) -> Result<u32> {
        assert!(items.is_empty(), "it sells nothing");
        Ok(1)
    }
}

#[tokio::test]
async fn what_does_not_fit_is_named_with_its_place() {
    let (history, _, _) = recorded(vec![1, 2]).await;
    let history = RecordedHistory::parse(&history).unwrap();

    let verdict = Replayer::with_state(removed::shop, state())
        .replay(&history)
        .await;
    let Verdict::Diverged(reason) = &verdict else {
        panic!("{verdict}")
    };
    for part in ["shop", "`quick`", "no longer in the code"] {
        assert!(reason.contains(part), "{part}: {reason}");
    }

    let verdict = Replayer::with_state(other_kind::shop, state())
        .replay(&history)
        .await;
    let Verdict::Diverged(reason) = &verdict else {
        panic!("{verdict}")
    };
    assert!(
        reason.contains("`flaky` at") && reason.contains("replays.rs:"),
        "{reason}"
    );

    let verdict = Replayer::with_state(retyped::shop, state())
        .replay(&history)
        .await;
    let Verdict::Undecodable(reason) = &verdict else {
        panic!("{verdict}")
    };
    for part in ["step `flaky`", "replays.rs:", "Vec<", "recorded was `1`"] {
        assert!(reason.contains(part), "{part}: {reason}");
    }

    let verdict = Replayer::new(other_input::shop).replay(&history).await;
    let Verdict::Broken(reason) = &verdict else {
        panic!("{verdict}")
    };
    assert!(reason.contains("is no `String`"), "{reason}");

    let verdict = Replayer::new(panics::shop).replay(&history).await;
    let Verdict::Broken(reason) = &verdict else {
        panic!("{verdict}")
    };
    assert!(reason.contains("it sells nothing"), "{reason}");

    let verdict = Replayer::new(old::shop).replay(&history).await;
    let Verdict::Broken(reason) = &verdict else {
        panic!("{verdict}")
    };
    assert!(
        reason.contains("Journal") && reason.contains("`Default`"),
        "{reason}"
    );
}

#[test]
fn what_is_no_whole_history_is_refused() {
    let started = r#"{"EventType":"ExecutionStarted","EventId":1,"EventTimestamp":1.0,"ExecutionStartedDetails":{"Input":{"Payload":"5","Truncated":false}}}"#;
    let step = |details: &str| {
        format!(
            r#"{{"Events":[{started},{{"EventType":"StepSucceeded","EventId":2,"Id":"a","StepSucceededDetails":{details}}}]}}"#
        )
    };
    for (text, told) in [
        (
            "nonsense".to_owned(),
            "no answer to GetDurableExecutionHistory",
        ),
        ("{}".to_owned(), "missing field `Events`"),
        (r#"{"Events":[]}"#.to_owned(), "no ExecutionStarted event"),
        (
            format!(r#"{{"Events":[{started}],"NextMarker":"x"}}"#),
            "one page",
        ),
        (
            step(r#"{"Result":{"Payload":"1","Truncated":true}}"#),
            "event 2 (StepSucceeded) was cut",
        ),
        (step("{}"), "--include-execution-data"),
        (
            format!(r#"{{"Events":[{started},{{"EventType":"StepStarted"}}]}}"#),
            "names no operation",
        ),
        (format!(r#"{{"Events":[{started},7]}}"#), "invalid type"),
    ] {
        let error = RecordedHistory::parse(&text).unwrap_err().to_string();
        assert!(error.contains(told), "{told}: {error}");
    }
    // What a newer service may add is let pass.
    let newer =
        format!(r#"{{"Events":[{started},{{"EventType":"MoonRose","EventId":2}}],"New":1}}"#);
    assert!(RecordedHistory::parse(&newer).is_ok());
}

fn folder(files: &[(&str, &str)]) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        fs::write(folder.path().join(name), text).unwrap();
    }
    let pattern = folder.path().join("*.json");
    (folder, pattern)
}

fn panic_of(run: impl FnOnce() + std::panic::UnwindSafe) -> String {
    *catch_unwind(run).unwrap_err().downcast::<String>().unwrap()
}

#[tokio::test]
async fn the_assertion_names_every_file_that_does_not_fit() {
    let (history, _, _) = recorded(vec![1]).await;
    let (_folder, good) = folder(&[("a.json", &history), ("b.json", &history), ("c.txt", "")]);
    let good = good.to_str().unwrap();

    assert_replays!(old::shop, good, state = state());

    let told = panic_of(|| assert_replays!(removed::shop, good, state = state()));
    assert!(
        told.starts_with("2 of 2 histories do not fit workflow `shop`:"),
        "{told}"
    );
    assert!(
        told.contains("a.json: diverged") && told.contains("b.json"),
        "{told}"
    );

    let (_folder, bad) = folder(&[("a.json", "nonsense")]);
    let told = panic_of(|| assert_replays!(old::shop, bad.to_str().unwrap(), state = state()));
    assert!(told.contains("a.json: this is no answer"), "{told}");

    let told = panic_of(|| assert_replays!(other_input::shop, "nowhere/*.json"));
    assert!(told.contains("nothing was replayed"), "{told}");
}

#[tokio::test]
async fn an_execution_in_flight_diverges_where_it_waits_and_not_only_where_it_goes_on() {
    let (history, _, _) = recorded(vec![1, 2]).await;
    let replayer = Replayer::with_state(removed::shop, state());
    let mut strands = false;
    for beginning in beginnings(&history) {
        // What the edit removed is recorded: the first of it is the step that fails at first.
        strands |= beginning.contains("\"flaky\"");
        let verdict = replayer
            .replay(&RecordedHistory::parse(&beginning).unwrap())
            .await;
        assert_eq!(verdict.fits(), !strands, "{verdict}\n{beginning}");
    }
    assert!(strands);
}

mod large {
    use super::*;

    #[step]
    async fn page(number: u32) -> Result<String> {
        Ok(number.to_string().repeat(90_000))
    }

    #[durable_workflow]
    pub(super) async fn book() -> Result<usize> {
        let pages = map(1..5, |number| async move { page(number).await }).await?;
        let more = child("more", || async {
            page(7).named("more pages").await.map(|text| text.repeat(4))
        })
        .await?;
        sleep(Duration::from_secs(9)).await;
        Ok(pages.iter().map(String::len).sum::<usize>() + more.len())
    }
}

#[derive(Clone, Debug, serde::Serialize, serde::Deserialize, thiserror::Error)]
#[error("no good")]
struct InvalidInput;

mod own_error {
    use super::*;
    #[durable_workflow]
    pub(super) async fn refuses() -> Result<u32, InvalidInput> {
        sleep(Duration::from_secs(1)).await;
        Err(InvalidInput)
    }
}

#[durable_helper]
async fn looked_up(journal: &Journal) -> Result<u32> {
    price(journal, 1).await?;
    sleep(Duration::from_hours(2)).await;
    price(journal, 2).named("never").await
}

mod lost_helper {
    use super::*;
    #[durable_workflow]
    pub(super) async fn hurries(#[state] journal: Journal) -> Result<u32> {
        let first = match race!(slow => looked_up(&journal), late => sleep(Duration::from_secs(5)))
        {
            slow(cents) => cents?,
            late(()) => 0,
        };
        sleep(Duration::from_secs(5)).named("after").await;
        Ok(first)
    }
}

/// Every beginning of an execution of this workflow fits it, and so does the whole.
macro_rules! fits_itself {
    ($workflow:expr) => {{
        let builder = TestEngine::builder().register($workflow).state(Journal::default());
        let engine = builder.evict_always().start().await.unwrap();
        let run = engine.start($workflow, ()).id("one").await.unwrap();
        let _ = run.result().await;
        let events = engine.history(run.arn()).await.unwrap();
        let history = json!({ "Events": events }).to_string();
        let replayer = Replayer::with_state($workflow, state());
        for beginning in beginnings(&history) {
            let verdict = replayer.replay(&RecordedHistory::parse(&beginning).unwrap()).await;
            assert!(verdict.fits(), "{verdict}\n{}", beginning.len());
        }
        run.result().await
    }};
}

#[tokio::test]
async fn what_is_rebuilt_from_the_operations_inside_fits() {
    assert_eq!(fits_itself!(large::book).unwrap(), 8 * 90_000);
}

#[tokio::test]
async fn a_workflow_that_fails_in_its_own_way_fits() {
    assert!(fits_itself!(own_error::refuses).is_err());
}

#[tokio::test]
async fn a_helper_in_a_branch_that_lost_is_nothing_that_is_left_over() {
    assert_eq!(fits_itself!(lost_helper::hurries).unwrap(), 0);
}
