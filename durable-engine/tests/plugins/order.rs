//! Which hooks are called, and in what order.

use durable_runtime::prelude::*;

use crate::recorder::{Recorder, modes};

#[step]
async fn greet(name: &str) -> Result<String> {
    Ok(format!("Hello, {name}!"))
}

#[durable_workflow]
async fn one_step(name: String) -> Result<String> {
    greet(&name).await
}

#[tokio::test]
async fn a_live_step() {
    for (mode, builder) in modes() {
        let recorder = Recorder::with_changes();
        let builder = builder.register(one_step).plugin(recorder.clone());
        let engine = builder.start().await.unwrap();
        let run = engine.start(one_step, "Ada".to_owned()).await.unwrap();
        run.result().await.unwrap();
        assert_eq!(
            recorder.lines(),
            [
                "invocation first",
                "start greet",
                "attempt greet 1",
                "attempt greet 1 SUCCEEDED",
                "end greet SUCCEEDED",
                "change greet=SUCCEEDED",
                "invocation SUCCEEDED",
                "flush",
            ],
            "{mode}"
        );
    }
}

#[step(retry = exponential(max_attempts = 2, initial_delay = "1s", jitter = "none"))]
async fn flaky(cx: &StepContext, good_from: u32) -> Result<String> {
    if cx.attempt() < good_from {
        Err(Error::msg("not yet"))
    } else {
        Ok("ok".to_owned())
    }
}

#[durable_workflow]
async fn two_steps(good_from: u32) -> Result<String> {
    greet("A").await?;
    flaky(good_from).await
}

#[tokio::test]
async fn a_retry_is_a_replayed_start_and_an_attempt_more() {
    for (mode, builder) in modes() {
        let recorder = Recorder::default();
        let builder = builder.register(two_steps).plugin(recorder.clone());
        let engine = builder.start().await.unwrap();
        let run = engine.start(two_steps, 2).await.unwrap();
        assert_eq!(run.result().await.unwrap(), "ok");
        assert_eq!(
            recorder.lines(),
            [
                "invocation first",
                "start greet",
                "attempt greet 1",
                "attempt greet 1 SUCCEEDED",
                "end greet SUCCEEDED",
                "start flaky",
                "attempt flaky 1",
                "attempt flaky 1 FAILED: not yet",
                "invocation PENDING",
                "flush",
                "invocation again flaky=READY",
                "start flaky replayed",
                "attempt flaky 2",
                "attempt flaky 2 SUCCEEDED",
                "end flaky SUCCEEDED",
                "invocation SUCCEEDED",
                "flush",
            ],
            "{mode}"
        );
    }
}

#[tokio::test]
async fn a_step_that_fails_for_good_ends_after_its_last_attempt() {
    for (mode, builder) in modes() {
        let recorder = Recorder::default();
        let builder = builder.register(two_steps).plugin(recorder.clone());
        let engine = builder.start().await.unwrap();
        let run = engine.start(two_steps, 9).await.unwrap();
        run.result().await.unwrap_err();
        let lines = recorder.lines();
        assert_eq!(
            lines[11..],
            [
                "start flaky replayed",
                "attempt flaky 2",
                "attempt flaky 2 FAILED: not yet",
                "end flaky FAILED",
                "invocation FAILED",
                "flush",
            ],
            "{mode}"
        );
    }
}

#[durable_workflow]
async fn in_child(seconds: u64) -> Result<u64> {
    child("inner", || async {
        greet("A").await?;
        sleep(Duration::from_secs(seconds)).named("one").await;
        sleep(Duration::from_secs(seconds)).named("two").await;
        Ok::<_, Error>(seconds)
    })
    .await
}

#[tokio::test]
async fn what_a_child_waits_for_ends_where_a_replay_comes_to_it() {
    for (mode, builder) in modes() {
        let recorder = Recorder::default();
        let builder = builder.register(in_child).plugin(recorder.clone());
        let engine = builder.start().await.unwrap();
        let run = engine.start(in_child, 5).await.unwrap();
        assert_eq!(run.result().await.unwrap(), 5);
        assert_eq!(
            recorder.lines(),
            [
                "invocation first",
                "start inner",
                "attempt inner 1",
                "start greet",
                "attempt greet 1",
                "attempt greet 1 SUCCEEDED",
                "end greet SUCCEEDED",
                "start one",
                "attempt inner 1 INCOMPLETE",
                "invocation PENDING",
                "flush",
                "invocation again one=SUCCEEDED",
                "start inner replayed",
                "attempt inner 1",
                "end one SUCCEEDED",
                "start two",
                "attempt inner 1 INCOMPLETE",
                "invocation PENDING",
                "flush",
                "invocation again two=SUCCEEDED",
                "start inner replayed",
                "attempt inner 1",
                "end two SUCCEEDED",
                "attempt inner 1 SUCCEEDED",
                "end inner SUCCEEDED",
                "invocation SUCCEEDED",
                "flush",
            ],
            "{mode}"
        );
    }
}

#[durable_workflow]
async fn two_waits(_: ()) -> Result<()> {
    let ((), ()) = join!(
        short => sleep(Duration::from_secs(2)).named("short"),
        long => sleep(Duration::from_secs(8)).named("long"),
    );
    Ok(())
}

#[tokio::test]
async fn a_wait_that_goes_on_is_met_again_and_one_that_is_over_is_not() {
    for (mode, builder) in modes() {
        let recorder = Recorder::default();
        let builder = builder.register(two_waits).plugin(recorder.clone());
        let engine = builder.start().await.unwrap();
        let run = engine.start(two_waits, ()).await.unwrap();
        run.result().await.unwrap();
        assert_eq!(
            recorder.lines(),
            [
                "invocation first",
                "start short",
                "start long",
                "invocation PENDING",
                "flush",
                "invocation again short=SUCCEEDED",
                "end short SUCCEEDED",
                "start long replayed",
                "invocation PENDING",
                "flush",
                "invocation again long=SUCCEEDED",
                "end long SUCCEEDED",
                "invocation SUCCEEDED",
                "flush",
            ],
            "{mode}"
        );
    }
}

#[durable_workflow]
async fn raced(_: ()) -> Result<String> {
    let winner = match race!(quick => sleep(Duration::from_secs(1)).named("quick"), slow => sleep(Duration::from_mins(9)).named("slow"))
    {
        quick(()) => "quick",
        slow(()) => "slow",
    };
    sleep(Duration::from_secs(1)).named("after").await;
    Ok(winner.to_owned())
}

#[tokio::test]
async fn what_lost_a_race_ends_and_is_not_met_again() {
    for (mode, builder) in modes() {
        let recorder = Recorder::default();
        let builder = builder.register(raced).plugin(recorder.clone());
        let engine = builder.start().await.unwrap();
        let run = engine.start(raced, ()).await.unwrap();
        assert_eq!(run.result().await.unwrap(), "quick");
        let mut lines = recorder.lines();
        // A resident copy has both waits in its hands when it goes on; a replay decides before it comes to the second.
        lines.retain(|line| line != "start slow replayed");
        assert_eq!(
            lines[5..],
            [
                "invocation again quick=SUCCEEDED",
                "end quick SUCCEEDED",
                "start race",
                "end race SUCCEEDED",
                "start after",
                "end slow CANCELLED",
                "invocation PENDING",
                "flush",
                "invocation again after=SUCCEEDED",
                "end after SUCCEEDED",
                "invocation SUCCEEDED",
                "flush",
            ],
            "{mode}"
        );
    }
}
