//! Calls moved into and out of combinators, and added where a decision was made.

use super::*;

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

mod in_a_decided_branch {
    use super::*;
    #[durable_workflow(name = "decided")]
    pub(super) async fn before(#[state] journal: Journal) -> Result<u32> {
        let raced = race!(
            quick => async { one(&journal).await },
            slow => async { sleep(Duration::from_hours(1)).named("slow").await; Ok(0) },
        );
        sleep(Duration::from_hours(24)).await;
        match raced {
            durable_runtime::Race2::First(won) | durable_runtime::Race2::Second(won) => won,
        }
    }
    #[durable_workflow(name = "decided")]
    pub(super) async fn after(#[state] journal: Journal) -> Result<u32> {
        let raced = race!(
            quick => async { Ok(one(&journal).await? + extra(&journal).await?) },
            slow => async { sleep(Duration::from_hours(1)).named("slow").await; Ok(0) },
        );
        sleep(Duration::from_hours(24)).await;
        match raced {
            durable_runtime::Race2::First(won) | durable_runtime::Race2::Second(won) => won,
        }
    }
}

#[tokio::test]
async fn a_step_added_to_a_branch_that_has_won_its_race_is_divergence_before_it_runs() {
    let journal = Journal::default();
    let builder = TestEngine::builder()
        .register(in_a_decided_branch::before)
        .state(journal.clone());
    let engine = builder.start().await.unwrap();
    let run = engine
        .start(in_a_decided_branch::before, ())
        .id("one")
        .await
        .unwrap();
    at_rest(&engine, &run).await;
    let builder = engine
        .crash()
        .register(in_a_decided_branch::after)
        .state(journal.clone());
    let engine = builder.start().await.unwrap();
    let run = engine.run(in_a_decided_branch::after, "one").await.unwrap();
    let error = run.result().await.unwrap_err();
    assert!(matches!(error, RunError::Diverged(_)), "{error}");
    assert_eq!(journal.all(), ["one"], "{error}");
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
