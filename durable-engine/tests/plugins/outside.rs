//! Hooks of what waits for the outside: polls, callbacks, and functions.

use durable_runtime::prelude::*;

use crate::common::Journal;
use crate::recorder::{Recorder, modes};

#[step]
async fn look(state: u32, step: u32) -> Result<u32> {
    Ok(state + step)
}

#[durable_workflow]
async fn polled() -> Result<u32> {
    poll_until(0, |state| look(state, 1))
        .until(|state| *state == 2)
        .every(Duration::from_secs(2))
        .named("render")
        .await
}

#[tokio::test]
async fn each_look_of_a_poll_is_an_attempt() {
    for (mode, builder) in modes() {
        let recorder = Recorder::default();
        let builder = builder.register(polled).plugin(recorder.clone());
        let engine = builder.start().await.unwrap();
        let run = engine.start(polled, ()).await.unwrap();
        assert_eq!(run.result().await.unwrap(), 2, "{mode}");
        assert_eq!(
            recorder.lines(),
            [
                "invocation first",
                "start render",
                "attempt render 1",
                "attempt render 1 SUCCEEDED",
                "invocation PENDING",
                "flush",
                "invocation again render=READY",
                "start render replayed",
                "attempt render 2",
                "attempt render 2 SUCCEEDED",
                "end render SUCCEEDED",
                "invocation SUCCEEDED",
                "flush",
            ],
            "{mode}"
        );
    }
}

#[step]
async fn ask(journal: &Journal, id: CallbackId) -> Result<()> {
    journal.note(format!("id {id}"));
    Ok(())
}

#[durable_workflow]
async fn approved(#[state] journal: Journal) -> Result<u32> {
    let answer: u32 = wait_for_callback(|id| ask(&journal, id))
        .named("approval")
        .await?;
    Ok(answer)
}

#[tokio::test]
async fn a_callback_that_is_answered_while_nothing_runs_ends_where_a_replay_comes_to_it() {
    for (mode, builder) in modes() {
        let (recorder, journal) = (Recorder::default(), Journal::default());
        let builder = builder
            .register(approved)
            .state(journal.clone())
            .plugin(recorder.clone());
        let engine = builder.start().await.unwrap();
        let run = engine.start(approved, ()).await.unwrap();
        let id = journal.find("id ").await;
        while recorder.count("flush") == 0 {
            tokio::task::yield_now().await;
        }
        engine.callback(id).succeed(&7).await.unwrap();
        assert_eq!(run.result().await.unwrap(), 7, "{mode}");
        let lines = recorder.lines();
        let (before, after) = lines.split_at(
            lines
                .iter()
                .position(|line| line.starts_with("invocation again"))
                .unwrap(),
        );
        assert_eq!(
            before,
            [
                "invocation first",
                "start approval",
                "attempt approval 1",
                "start approval-callback",
                "start approval-submitter",
                "attempt approval-submitter 1",
                "attempt approval-submitter 1 SUCCEEDED",
                "end approval-submitter SUCCEEDED",
                "attempt approval 1 INCOMPLETE",
                "invocation PENDING",
                "flush",
            ],
            "{mode}"
        );
        assert_eq!(
            after,
            [
                "invocation again approval-callback=SUCCEEDED",
                "start approval replayed",
                "attempt approval 1",
                "end approval-callback SUCCEEDED",
                "attempt approval 1 SUCCEEDED",
                "end approval SUCCEEDED",
                "invocation SUCCEEDED",
                "flush",
            ],
            "{mode}"
        );
    }
}

#[durable_workflow]
async fn double(number: u32) -> Result<u32> {
    sleep(Duration::from_secs(3)).await;
    Ok(number * 2)
}

#[durable_workflow]
async fn caller(number: u32) -> Result<u32> {
    Ok(invoke::<u32>("double", &number).named("call").await?)
}

#[tokio::test]
async fn an_invoked_function_ends_like_a_wait() {
    for (mode, builder) in modes() {
        let recorder = Recorder::default();
        let watched = recorder.clone();
        let builder = builder
            .register(double)
            // Of this workflow only.
            .register_with(caller, |registration| registration.plugin(watched));
        let engine = builder.start().await.unwrap();
        let run = engine.start(caller, 4).await.unwrap();
        assert_eq!(run.result().await.unwrap(), 8, "{mode}");
        assert_eq!(
            recorder.lines(),
            [
                "invocation first",
                "start call",
                "invocation PENDING",
                "flush",
                "invocation again call=SUCCEEDED",
                "end call SUCCEEDED",
                "invocation SUCCEEDED",
                "flush",
            ],
            "{mode}"
        );
    }
}
