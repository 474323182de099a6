//! Calls inserted, reordered, removed, renamed, and changed in kind.

use super::*;

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
        "edits.rs:",
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

#[step]
async fn second(journal: &Journal) -> Result<u32> {
    journal.note("second");
    Ok(2)
}

mod renamed {
    use super::*;
    #[durable_workflow]
    pub(super) async fn job(#[state] journal: Journal) -> Result<u32> {
        let a = one(&journal).await?;
        let b = second(&journal).await?;
        sleep(Duration::from_hours(24)).await;
        let c = three(&journal).await?;
        Ok(a + b + c)
    }
}

mod renamed_with_its_old_key {
    use super::*;
    #[durable_workflow]
    pub(super) async fn job(#[state] journal: Journal) -> Result<u32> {
        let a = one(&journal).await?;
        #[id("two")]
        let b = second(&journal).await?;
        sleep(Duration::from_hours(24)).await;
        let c = three(&journal).await?;
        Ok(a + b + c)
    }
}

#[tokio::test]
async fn a_renamed_step_is_divergence_unless_it_keeps_its_old_key() {
    let (_engine, run, journal) = changed!(renamed::job);
    let error = run.result().await.unwrap_err();
    assert!(matches!(error, RunError::Diverged(_)), "{error}");
    assert_eq!(
        journal.all(),
        ["one", "two"],
        "the renamed step didn't run again: {error}"
    );

    let (_engine, run, journal) = changed!(renamed_with_its_old_key::job);
    assert_eq!(run.result().await.unwrap(), 6);
    assert_eq!(journal.all(), ["one", "two", "three"]);
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
