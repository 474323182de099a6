//! A workflow is changed between a crash and the restart: what the table of edits in the language's design calls safe goes on,
//! and what it doesn't ends in the divergence error, with the execution still there for the old code.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, in its helpers too"
)]

mod common;

use common::Journal;
use durable_engine::{ExecutionStatus, RunError, TestEngine};
use durable_runtime::prelude::*;

#[step]
async fn one(journal: &Journal) -> Result<u32> {
    journal.note("one");
    Ok(1)
}

#[step]
async fn two(journal: &Journal) -> Result<u32> {
    journal.note("two");
    Ok(2)
}

#[step]
async fn three(journal: &Journal) -> Result<u32> {
    journal.note("three");
    Ok(3)
}

#[step]
async fn extra(journal: &Journal) -> Result<u32> {
    journal.note("extra");
    Ok(100)
}

/// What every execution here was started with: two steps, a day's sleep, and a third step that no crashed execution has reached.
mod before {
    use super::*;
    #[durable_workflow]
    pub(super) async fn job(#[state] journal: Journal) -> Result<u32> {
        let a = one(&journal).await?;
        let b = two(&journal).await?;
        sleep(Duration::from_hours(24)).await;
        let c = three(&journal).await?;
        Ok(a + b + c)
    }
}

/// Runs `before` up to the middle of its sleep, crashes, and goes on with other code.
macro_rules! changed {
    ($after:expr) => {{
        let journal = Journal::default();
        let engine = TestEngine::builder()
            .register(before::job)
            .state(journal.clone())
            .start()
            .await
            .unwrap();
        let run = engine.start(before::job, ()).id("one").await.unwrap();
        at_rest(&engine, &run).await;
        assert_eq!(journal.all(), ["one", "two"]);
        let engine = engine
            .crash()
            .register($after)
            .state(journal.clone())
            .lenient()
            .start()
            .await
            .unwrap();
        let run = engine.run($after, "one").await.unwrap();
        (engine, run, journal)
    }};
}

/// Waits until the workflow sleeps.
async fn at_rest<W>(engine: &TestEngine, run: &durable_engine::Run<W>) {
    for _ in 0..10_000 {
        let history = engine.history(run.arn()).await.unwrap();
        if history
            .iter()
            .any(|event| serde_json::to_value(event).unwrap()["EventType"] == "InvocationCompleted")
        {
            return;
        }
        tokio::task::yield_now().await;
    }
    panic!("the workflow never came to rest");
}

mod inserted_late {
    use super::*;
    #[durable_workflow]
    pub(super) async fn job(#[state] journal: Journal) -> Result<u32> {
        let a = one(&journal).await?;
        let b = two(&journal).await?;
        sleep(Duration::from_hours(24)).await;
        let x = extra(&journal).await?;
        let c = three(&journal).await?;
        Ok(a + b + c + x)
    }
}

#[tokio::test]
async fn a_step_inserted_behind_the_crash_is_safe() {
    let (_engine, run, journal) = changed!(inserted_late::job);
    assert_eq!(run.result().await.unwrap(), 106);
    assert_eq!(journal.all(), ["one", "two", "extra", "three"]);
}

mod inserted_early {
    use super::*;
    #[durable_workflow]
    pub(super) async fn job(#[state] journal: Journal) -> Result<u32> {
        let x = extra(&journal).await?;
        let a = one(&journal).await?;
        let b = two(&journal).await?;
        sleep(Duration::from_hours(24)).await;
        let c = three(&journal).await?;
        Ok(a + b + c + x)
    }
}

#[tokio::test]
async fn a_step_inserted_before_the_crash_runs_late_and_shifts_nobody() {
    let (_engine, run, journal) = changed!(inserted_early::job);
    assert_eq!(run.result().await.unwrap(), 106);
    assert_eq!(journal.all(), ["one", "two", "extra", "three"]);
}

mod reordered {
    use super::*;
    #[durable_workflow]
    pub(super) async fn job(#[state] journal: Journal) -> Result<u32> {
        let b = two(&journal).await?;
        let a = one(&journal).await?;
        sleep(Duration::from_hours(24)).await;
        let c = three(&journal).await?;
        Ok(a + b + c)
    }
}

#[tokio::test]
async fn reordered_steps_are_safe() {
    let (_engine, run, journal) = changed!(reordered::job);
    assert_eq!(run.result().await.unwrap(), 6);
    assert_eq!(journal.all(), ["one", "two", "three"]);
}

mod in_a_branch {
    use super::*;
    #[durable_workflow]
    pub(super) async fn job(#[state] journal: Journal) -> Result<u32> {
        let a = one(&journal).await?;
        let b = if a > 0 { two(&journal).await? } else { 0 };
        sleep(Duration::from_hours(24)).await;
        let c = three(&journal).await?;
        Ok(a + b + c)
    }
}

#[tokio::test]
async fn a_step_moved_into_an_if_is_safe() {
    let (_engine, run, journal) = changed!(in_a_branch::job);
    assert_eq!(run.result().await.unwrap(), 6);
    assert_eq!(journal.all(), ["one", "two", "three"]);
}

mod removed {
    use super::*;
    #[durable_workflow]
    pub(super) async fn job(#[state] journal: Journal) -> Result<u32> {
        let a = one(&journal).await?;
        sleep(Duration::from_hours(24)).await;
        let c = three(&journal).await?;
        Ok(a + c)
    }
}

#[tokio::test]
async fn a_removed_step_is_divergence_and_the_old_code_still_finishes() {
    let (engine, run, journal) = changed!(removed::job);

    let error = run.result().await.unwrap_err();

    let RunError::Diverged(message) = error else {
        panic!("{error}")
    };
    for part in [
        "`job`",
        "`three`",
        "changes.rs:",
        "`two`",
        "no longer in the code",
        "retired",
    ] {
        assert!(message.contains(part), "{part} is missing: {message}");
    }
    assert_eq!(
        engine.find("job", "one").await.unwrap().unwrap().status,
        ExecutionStatus::Running
    );
    assert_eq!(journal.all(), ["one", "two"], "nothing ran");

    let engine = engine
        .crash()
        .register(before::job)
        .state(journal.clone())
        .start()
        .await
        .unwrap();
    let run = engine.run(before::job, "one").await.unwrap();
    assert_eq!(run.result().await.unwrap(), 6);
    assert_eq!(journal.all(), ["one", "two", "three"]);
}

#[tokio::test]
async fn a_removed_step_that_is_marked_as_retired_is_skipped() {
    let journal = Journal::default();
    let engine = TestEngine::builder()
        .register(before::job)
        .state(journal.clone())
        .start()
        .await
        .unwrap();
    let run = engine.start(before::job, ()).id("one").await.unwrap();
    at_rest(&engine, &run).await;

    let engine = engine
        .crash()
        .register_with(removed::job, |registration| {
            registration.retire_site("job/two")
        })
        .state(journal.clone())
        .start()
        .await
        .unwrap();

    let run = engine.run(removed::job, "one").await.unwrap();
    assert_eq!(run.result().await.unwrap(), 4);
    assert_eq!(journal.all(), ["one", "two", "three"]);
}

mod other_kind {
    use super::*;
    #[durable_workflow]
    pub(super) async fn job(#[state] journal: Journal) -> Result<u32> {
        let a = one(&journal).await?;
        sleep(Duration::from_secs(5)).named("two").await;
        sleep(Duration::from_hours(24)).await;
        let c = three(&journal).await?;
        Ok(a + c)
    }
}

#[tokio::test]
async fn a_site_that_changed_its_kind_is_divergence() {
    let (_engine, run, _journal) = changed!(other_kind::job);
    let RunError::Diverged(message) = run.result().await.unwrap_err() else {
        panic!()
    };
    assert!(
        message.contains("`two`") && message.contains("is a sleep") && message.contains("STEP"),
        "{message}"
    );
}

mod into_a_join {
    use super::*;
    #[durable_workflow]
    pub(super) async fn job(#[state] journal: Journal) -> Result<u32> {
        let (a, b) = try_join!(one(&journal), two(&journal))?;
        sleep(Duration::from_hours(24)).await;
        let c = three(&journal).await?;
        Ok(a + b + c)
    }
}

#[tokio::test]
async fn steps_moved_into_a_join_are_divergence() {
    let (_engine, run, journal) = changed!(into_a_join::job);
    let error = run.result().await.unwrap_err();
    assert!(matches!(error, RunError::Diverged(_)), "{error}");
    assert_eq!(
        journal.all(),
        ["one", "two"],
        "no step ran a second time: {error}"
    );
}

mod out_of_a_join {
    use super::*;
    #[durable_workflow(name = "pair")]
    pub(super) async fn inside(#[state] journal: Journal) -> Result<u32> {
        let (a, b) = try_join!(one(&journal), two(&journal))?;
        sleep(Duration::from_hours(24)).await;
        Ok(a + b + three(&journal).await?)
    }
    #[durable_workflow(name = "pair")]
    pub(super) async fn outside(#[state] journal: Journal) -> Result<u32> {
        let a = one(&journal).await?;
        let b = two(&journal).await?;
        sleep(Duration::from_hours(24)).await;
        Ok(a + b + three(&journal).await?)
    }
}

#[tokio::test]
async fn steps_moved_out_of_a_join_are_divergence() {
    let journal = Journal::default();
    let engine = TestEngine::builder()
        .register(out_of_a_join::inside)
        .state(journal.clone())
        .start()
        .await
        .unwrap();
    let run = engine
        .start(out_of_a_join::inside, ())
        .id("one")
        .await
        .unwrap();
    at_rest(&engine, &run).await;
    let engine = engine
        .crash()
        .register(out_of_a_join::outside)
        .state(journal.clone())
        .start()
        .await
        .unwrap();
    let run = engine.run(out_of_a_join::outside, "one").await.unwrap();
    let error = run.result().await.unwrap_err();
    assert!(matches!(error, RunError::Diverged(_)), "{error}");
    assert_eq!(
        journal.all(),
        ["one", "two"],
        "no step ran a second time: {error}"
    );
}

mod failing {
    use super::*;
    #[durable_workflow(name = "job", on_divergence = "fail")]
    pub(super) async fn strict_job(#[state] journal: Journal) -> Result<u32> {
        let a = one(&journal).await?;
        let c = three(&journal).await?;
        Ok(a + c)
    }
}

#[tokio::test]
async fn divergence_fails_the_execution_where_the_workflow_says_so() {
    let (engine, run, _journal) = changed!(failing::strict_job);
    let error = run.result().await.unwrap_err();
    let RunError::Workflow(error) = error else {
        panic!("{error}")
    };
    assert_eq!(error.type_name(), "NonDeterministic");
    assert_eq!(
        engine.find("job", "one").await.unwrap().unwrap().status,
        ExecutionStatus::Failed
    );
}
