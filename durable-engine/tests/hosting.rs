//! The engine around the workflows: what bad use gets, and what survives.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, in its helpers too"
)]

mod common;

use common::Journal;
use durable_engine::{Engine, EngineError, ExecutionStatus, ListFilter, RunError, TestEngine};
use durable_runtime::prelude::*;

#[step]
async fn note(journal: &Journal, what: &str) -> Result<String> {
    journal.note(what);
    Ok(what.to_owned())
}

#[durable_workflow]
async fn greet(name: String, #[state] journal: Journal) -> Result<String> {
    let greeting = note(&journal, &format!("hello {name}")).await?;
    sleep(Duration::from_secs(1)).await;
    Ok(greeting)
}

#[durable_workflow]
async fn other() -> Result<u32> {
    Ok(1)
}

#[durable_workflow(name = "greet")]
async fn same_name() -> Result<u32> {
    Ok(1)
}

#[tokio::test]
async fn a_workflow_that_is_not_registered_is_named_with_those_that_are() {
    let engine = TestEngine::builder().register(other).start().await.unwrap();
    let error = engine.start(greet, "ada".to_owned()).await.unwrap_err();
    let message = error.to_string();
    assert!(
        matches!(error, EngineError::NotRegistered { .. }),
        "{message}"
    );
    for part in ["`greet`", "other", ".register(greet)"] {
        assert!(message.contains(part), "{part} is missing: {message}");
    }
}

#[tokio::test]
async fn two_workflows_with_one_name_are_refused() {
    let error = TestEngine::builder()
        .register(greet)
        .register(same_name)
        .start()
        .await
        .unwrap_err();
    assert!(error.to_string().contains("`greet`"), "{error}");
}

#[tokio::test]
async fn an_id_is_idempotent_for_the_same_input_and_refused_for_another() {
    let journal = Journal::default();
    let engine = TestEngine::builder()
        .register(greet)
        .state(journal.clone())
        .start()
        .await
        .unwrap();
    let first = engine
        .start(greet, "ada".to_owned())
        .id("one")
        .await
        .unwrap();
    let again = engine
        .start(greet, "ada".to_owned())
        .id("one")
        .await
        .unwrap();
    assert_eq!(first.arn(), again.arn());
    assert_eq!(first.result().await.unwrap(), "hello ada");
    assert_eq!(again.result().await.unwrap(), "hello ada");
    assert_eq!(journal.all(), ["hello ada"]);

    let error = engine
        .start(greet, "bob".to_owned())
        .id("one")
        .await
        .unwrap_err()
        .to_string();
    for part in ["`one`", "`greet`", "\"ada\"", "another id"] {
        assert!(error.contains(part), "{part} is missing: {error}");
    }
    let error = engine
        .start(greet, "ada".to_owned())
        .id("no spaces please")
        .await
        .unwrap_err()
        .to_string();
    assert!(error.contains("no spaces please"), "{error}");
}

#[tokio::test]
async fn a_workflow_whose_state_is_missing_says_which_and_is_not_lost() {
    let engine = TestEngine::builder().register(greet).start().await.unwrap();
    let run = engine
        .start(greet, "ada".to_owned())
        .id("one")
        .await
        .unwrap();
    let error = run.result().await.unwrap_err().to_string();
    assert!(
        error.contains("Journal") && error.contains(".state(..)"),
        "{error}"
    );

    let engine = engine
        .crash()
        .register(greet)
        .state(Journal::default())
        .start()
        .await
        .unwrap();
    let run = engine.run(greet, "one").await.unwrap();
    assert_eq!(run.result().await.unwrap(), "hello ada");
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let engine = TestEngine::builder()
        .register(greet)
        .state(Journal::default())
        .start()
        .await
        .unwrap();
    let error = engine.run(greet, "nobody").await.unwrap_err().to_string();
    assert!(
        error.contains("`nobody`") && error.contains("`greet`"),
        "{error}"
    );
    assert!(engine.find("greet", "nobody").await.unwrap().is_none());
}

#[tokio::test]
async fn an_execution_can_be_stopped_and_times_out() {
    let engine = TestEngine::builder()
        .register(greet)
        .state(Journal::default())
        .start()
        .await
        .unwrap();
    let run = engine
        .start(greet, "ada".to_owned())
        .id("one")
        .await
        .unwrap();
    engine.stop("greet", "one", "enough").await.unwrap();
    let error = run.result().await.unwrap_err();
    assert!(matches!(&error, RunError::Stopped(_)), "{error}");
    assert!(error.to_string().contains("enough"), "{error}");
    engine.stop("greet", "one", "again").await.unwrap();

    let run = engine
        .start(patience, ())
        .timeout(Duration::from_secs(90))
        .await;
    assert!(matches!(run, Err(EngineError::NotRegistered { .. })));
    let engine = TestEngine::builder()
        .register(patience)
        .start()
        .await
        .unwrap();
    let run = engine
        .start(patience, ())
        .timeout(Duration::from_secs(90))
        .await
        .unwrap();
    assert!(matches!(
        run.result().await.unwrap_err(),
        RunError::TimedOut
    ));
    assert_eq!(engine.elapsed(), Duration::from_secs(90));
}

#[durable_workflow]
async fn patience() -> Result<u32> {
    sleep(Duration::from_hours(1)).await;
    Ok(1)
}

#[durable_workflow]
async fn slow(#[state] journal: Journal) -> Result<String> {
    note(&journal, "before").await?;
    sleep(Duration::from_secs(2)).await;
    note(&journal, "after").named("after").await
}

#[tokio::test]
async fn a_database_carries_executions_from_one_engine_to_the_next() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("engine.db");
    let journal = Journal::default();

    let engine = Engine::open(&path)
        .unwrap()
        .register(slow)
        .state(journal.clone())
        .start()
        .await
        .unwrap();
    let run = engine.start(slow, ()).id("one").await.unwrap();
    while engine.history(run.arn()).await.unwrap().len() < 5 {
        tokio::task::yield_now().await;
    }
    let error = Engine::open(&path).unwrap_err().to_string();
    assert!(
        error.contains("engine.db"),
        "a second engine on the same file: {error}"
    );
    engine.shutdown().await;
    drop((run, engine));

    // An engine that doesn't know the workflow leaves the execution alone.
    let stranger = Engine::open(&path)
        .unwrap()
        .register(other)
        .start()
        .await
        .unwrap();
    let open = stranger.list(ListFilter::default()).await.unwrap();
    assert_eq!(
        open.iter().map(|found| found.status).collect::<Vec<_>>(),
        [ExecutionStatus::Running]
    );
    stranger.shutdown().await;
    drop(stranger);

    let engine = Engine::open(&path)
        .unwrap()
        .register(slow)
        .state(journal.clone())
        .start()
        .await
        .unwrap();
    let run = engine.run(slow, "one").await.unwrap();
    assert_eq!(run.result().await.unwrap(), "after");
    assert_eq!(journal.all(), ["before", "after"]);
}

#[durable_workflow]
async fn many(number: u32) -> Result<u32> {
    let doubled = double(number).await?;
    sleep(Duration::from_hours(1)).await;
    double(doubled).named("again").await
}

#[step]
async fn double(number: u32) -> Result<u32> {
    Ok(number * 2)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_executions_run_side_by_side_with_few_of_them_in_memory() {
    let engine = TestEngine::builder().register(many).start().await.unwrap();
    let mut runs = Vec::new();
    for number in 0..1_000 {
        runs.push(
            engine
                .start(many, number)
                .id(format!("n{number}"))
                .await
                .unwrap(),
        );
    }
    for (number, run) in (0..).zip(&runs) {
        assert_eq!(run.result().await.unwrap(), number * 4);
    }
}

#[durable_workflow]
async fn counts(to: u32) -> Result<u32> {
    let mut sum = 0;
    for number in 0..to {
        sum += double(number).await? / 2;
    }
    Ok(sum)
}

#[tokio::test]
async fn an_engine_runs_inside_a_step_of_another() {
    #[step]
    async fn nested() -> Result<u32> {
        let engine = TestEngine::builder().register(counts).start().await?;
        Ok(engine.start(counts, 10).await?.result().await?)
    }
    #[durable_workflow]
    async fn outer() -> Result<u32> {
        nested().await
    }
    let engine = TestEngine::builder().register(outer).start().await.unwrap();
    assert_eq!(
        engine
            .start(outer, ())
            .await
            .unwrap()
            .result()
            .await
            .unwrap(),
        45
    );
}

#[step]
async fn forbidden(journal: &Journal) -> Result<String> {
    // Carried into a step's body as a value: only the run can see it.
    let inner = note(journal, "inner");
    Ok(inner.direct().await? + " directly")
}

#[durable_workflow]
async fn calls_directly(#[state] journal: Journal) -> Result<String> {
    forbidden(&journal).await
}

#[tokio::test]
async fn a_step_calls_another_directly() {
    let engine = TestEngine::builder()
        .register(calls_directly)
        .state(Journal::default())
        .start()
        .await
        .unwrap();
    let run = engine.start(calls_directly, ()).await.unwrap();
    assert_eq!(run.result().await.unwrap(), "inner directly");
}
