//! `TestEngine::crash_everywhere`, `.with_faults(..)`, `run.snapshot()`: the tools that users test their workflows with, on workflows that survive and on
//! some that don't.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, in its helpers too"
)]

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use durable_engine::{CrashFailure, RunError, TestEngine};
use durable_runtime::prelude::*;

#[derive(Clone, Default)]
struct Shop {
    charged: Arc<AtomicU32>,
}

#[step]
async fn charge(shop: &Shop, cents: u32) -> Result<u32> {
    shop.charged.fetch_add(1, Ordering::Relaxed);
    Ok(cents)
}

#[step]
async fn refund(_charged: u32) -> Result<()> {
    Ok(())
}

/// Gives back how often it ran: what no step may do.
#[step]
async fn count(shop: &Shop) -> Result<u32> {
    Ok(shop.charged.fetch_add(1, Ordering::Relaxed))
}

#[durable_workflow]
async fn sell(cents: u32, #[state] shop: Shop) -> Result<u32> {
    let charged = charge(&shop, cents)
        .compensate(|charged: u32| refund(charged))
        .await?;
    let (tax, approved) = try_join!(
        tax => async { charge(&shop, charged / 10).named("tax").await },
        approved => async {
            let callback = create_callback::<bool>().named("approval").await?;
            Ok(callback.result().await?)
        },
    )?;
    sleep(Duration::from_hours(24 * 30)).await;
    if !approved {
        return Err(Error::with_type("Refused", "not today"));
    }
    Ok(charged + tax)
}

async fn approve<W>(run: durable_engine::Run<W>, approved: bool) {
    if let Ok(callback) = run.open_callback("approval").await {
        // An earlier life of the engine may have taken the answer already.
        let _ = callback.succeed(&approved).await;
    }
}

#[tokio::test]
async fn a_workflow_that_survives_is_killed_at_every_write() {
    for approved in [true, false] {
        let report = TestEngine::crash_everywhere(sell, 1_000)
            .with(|engine| engine.state(Shop::default()))
            .beside(move |run| approve(run, approved))
            .await
            .unwrap();
        let writes = report.writes.len();
        assert!(writes >= 8, "{report:?}");
        assert_eq!(report.crashes, 2 * writes, "{report:?}");
        let about = |what: &str| report.writes.iter().any(|write| write.contains(what));
        assert!(about("StepSucceeded charge 1000"), "{report:?}");
        assert!(about("CallbackSucceeded approval"), "{report:?}");
        assert_eq!(about("refund"), !approved, "{report:?}");
    }
}

#[durable_workflow]
async fn counting(#[state] shop: Shop) -> Result<u32> {
    let one = count(&shop).await?;
    sleep(Duration::from_secs(1)).await;
    Ok(one)
}

#[tokio::test]
async fn a_step_whose_result_depends_on_how_often_it_ran_is_named() {
    let shop = |n| {
        let shop = Shop::default();
        shop.charged.store(n, Ordering::Relaxed);
        shop
    };
    // A ledger for each run; every engine after a crash is given that of the process before.
    let ledger = shop(0);
    let failure = TestEngine::crash_everywhere(counting, ())
        .with(move |engine| engine.state(ledger.clone()))
        .await
        .unwrap_err();
    let CrashFailure::Differs {
        at,
        expected,
        found,
    } = &failure
    else {
        panic!("{failure}");
    };
    assert_eq!(
        (expected.as_str(), found.as_str()),
        ("SUCCEEDED 0", "SUCCEEDED 1")
    );
    assert_eq!((at.write, at.stored), (1, false));
    assert!(
        failure.to_string().contains("before write 1, "),
        "{failure}"
    );
}

/// Takes another way in each process, as code does that reads a clock behind the rules' back.
#[durable_workflow]
async fn wandering(#[state] shop: Shop) -> Result<u32> {
    // Begins anew in each replay.
    let way = shop.charged.fetch_add(1, Ordering::Relaxed);
    if way.is_multiple_of(2) {
        refund(1).named("one").await?;
    } else {
        refund(1).named("other").await?;
    }
    sleep(Duration::from_secs(1)).await;
    Ok(1)
}

#[tokio::test]
async fn a_workflow_that_takes_another_way_is_stuck_and_says_where() {
    // With a ledger of its own each engine takes the first way: that survives.
    TestEngine::crash_everywhere(wandering, ())
        .with(|engine| engine.state(Shop::default()))
        .await
        .unwrap();
    let shared = Shop::default();
    let failure = TestEngine::crash_everywhere(wandering, ())
        .with(move |engine| engine.state(shared.clone()))
        .await
        .unwrap_err();
    let text = failure.to_string();
    assert!(
        matches!(
            failure,
            CrashFailure::Stuck { .. } | CrashFailure::Differs { .. }
        ),
        "{text}"
    );
}

#[durable_workflow]
async fn forgotten() -> Result<bool> {
    let callback = create_callback::<bool>().named("approval").await?;
    Ok(callback.result().await?)
}

#[tokio::test(start_paused = true)]
async fn what_nobody_answers_is_said() {
    let failure = TestEngine::crash_everywhere(forgotten, ())
        .await
        .unwrap_err();
    assert!(
        matches!(failure, CrashFailure::NeverEnds { .. }),
        "{failure}"
    );
    assert!(failure.to_string().contains(".beside(..)"), "{failure}");
}

#[tokio::test]
async fn a_callback_that_never_opens_is_an_error_and_no_hang() {
    let engine = TestEngine::builder()
        .register(counting)
        .state(Shop::default());
    let engine = engine.start().await.unwrap();
    let run = engine.start(counting, ()).await.unwrap();
    let (result, callback) = tokio::join!(run.result(), run.open_callback("approval"));
    result.unwrap();
    assert!(callback.unwrap_err().to_string().contains("approval"));
}

#[tokio::test]
async fn faults_change_nothing_but_the_way() {
    let mut invocations = Vec::new();
    for seed in 0..40 {
        let engine = TestEngine::builder()
            .register(sell)
            .state(Shop::default())
            .with_faults(seed);
        let engine = engine.start().await.unwrap();
        let run = engine.start(sell, 1_000).id("one").await.unwrap();
        let (result, ()) = tokio::join!(
            run.result(),
            approve(engine.run(sell, "one").await.unwrap(), seed % 2 == 0)
        );
        match (seed % 2, result) {
            (0, Ok(1_100)) => {}
            (1, Err(RunError::Workflow(error))) if error.type_name() == "Refused" => {}
            (_, result) => panic!("seed {seed}: {result:?}"),
        }
        let text = run.snapshot().await.unwrap();
        invocations.push(text.matches("InvocationCompleted").count());
    }
    // Three without faults: until the callback, until the end of the sleep, and the rest.
    assert!(
        invocations.iter().any(|count| *count > 4),
        "{invocations:?}"
    );
}

#[tokio::test]
async fn a_seed_gives_the_same_run_again() {
    let mut before = None;
    for _ in 0..3 {
        let engine = TestEngine::builder()
            .register(sell)
            .state(Shop::default())
            .with_faults(7);
        let engine = engine.start().await.unwrap();
        let run = engine.start(sell, 1_000).id("one").await.unwrap();
        let (result, ()) = tokio::join!(
            run.result(),
            approve(engine.run(sell, "one").await.unwrap(), true)
        );
        result.unwrap();
        let text = run.snapshot().await.unwrap();
        assert_eq!(*before.get_or_insert_with(|| text.clone()), text);
    }
}

#[tokio::test]
async fn a_snapshot_shows_what_is_inside_of_what() {
    let engine = TestEngine::builder().register(nested);
    let engine = engine.start().await.unwrap();
    let run = engine.start(nested, 2).await.unwrap();
    run.result().await.unwrap_err();
    assert_eq!(
        run.snapshot().await.unwrap(),
        "ExecutionStarted 2\n\
         ContextStarted outer\n\
         \x20\x20StepStarted fail\n\
         \x20\x20StepFailed fail Broken: no luck, again in 3 s\n\
         InvocationCompleted\n\
         \x20\x20StepStarted fail\n\
         \x20\x20StepFailed fail Broken: no luck\n\
         ContextFailed outer Broken: no luck\n\
         InvocationCompleted\n\
         ExecutionFailed Broken: no luck\n"
    );
}

#[step(retry = exponential(max_attempts = 2, initial_delay = "3s", jitter = "none"))]
async fn fail() -> Result<u32> {
    Err(Error::with_type("Broken", "no luck"))
}

#[durable_workflow]
async fn nested(_number: u32) -> Result<u32> {
    child("outer", || async { fail().await }).await
}
