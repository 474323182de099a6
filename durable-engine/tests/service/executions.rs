//! The service's API on workflows in this process: pausing, removing, callbacks, and what a function reads of its state.

use std::time::Duration;

use crate::common::Journal;
use crate::durable;
use crate::remote::{Closure, Endpoint};
use crate::types;
use bytes::Bytes;
use durable_engine::service::{HistoryQuery, InvocationKind, InvokeRequest, PauseRequest};
use durable_engine::{CallbackSendError, ExecutionStatus, FunctionRequest, TestEngine};
use durable_runtime::prelude::*;
use durable_runtime::wire::{
    ErrorObject, InvocationInput, InvocationOutput, OperationType, OperationUpdate,
};
use futures_util::FutureExt as _;

#[step]
async fn note(journal: &Journal, what: &str) -> Result<String> {
    journal.note(what);
    Ok(what.to_owned())
}

#[durable_workflow]
async fn job(#[state] journal: Journal) -> Result<String> {
    let one = note(&journal, "one").named("one").await?;
    sleep(Duration::from_secs(60)).await;
    let two = note(&journal, "two").named("two").await?;
    Ok(format!("{one}, {two}"))
}

#[durable_workflow]
async fn asks(#[state] journal: Journal) -> Result<String> {
    let approval = create_callback::<String>()
        .timeout(Duration::from_secs(100))
        .heartbeat_timeout(Duration::from_secs(40))
        .await?;
    journal.note(approval.id().as_str());
    Ok(approval.result().await?)
}

async fn until(mut is_so: impl FnMut() -> bool) {
    while !is_so() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_paused_workflow_waits_for_its_resume_resident_or_not_and_over_a_crash() {
    for evicts in [false, true] {
        let journal = Journal::default();
        let mut builder = TestEngine::builder().register(job).state(journal.clone());
        if evicts {
            builder = builder.evict_always();
        }
        let engine = builder.start().await.unwrap();
        let run = engine.start(job, ()).id("one").await.unwrap();
        let service = engine.service();
        until(|| journal.count("one") == 1).await;
        while !types(&engine, run.arn())
            .await
            .contains(&"InvocationCompleted")
        {
            tokio::task::yield_now().await;
        }
        let request = PauseRequest {
            reason: Some("maintenance".into()),
            ..PauseRequest::default()
        };
        service.pause(run.arn(), request).await.unwrap();
        let shown = service.execution(run.arn()).await.unwrap();
        assert_eq!(shown.status, ExecutionStatus::Paused);
        assert_eq!(shown.pause.unwrap().reason.as_deref(), Some("maintenance"));
        let again = service.pause(run.arn(), PauseRequest::default()).await;
        assert_eq!(again.unwrap_err().error_type(), "ResourceConflictException");

        engine.advance(Duration::from_secs(60));
        while !types(&engine, run.arn()).await.contains(&"WaitSucceeded") {
            tokio::task::yield_now().await;
        }
        let arn = run.arn().to_owned();
        drop((service, run));
        let builder = engine.crash().register(job).state(journal.clone());
        let engine = builder.start().await.unwrap();
        let run = engine.run(job, "one").await.unwrap();
        assert_eq!(journal.count("two"), 0);

        let service = engine.service();
        service.resume(&arn, PauseRequest::default()).await.unwrap();
        assert_eq!(run.result().await.unwrap(), "one, two");
        let error = service.resume(&arn, PauseRequest::default()).await;
        assert_eq!(error.unwrap_err().status_code(), 409);
        let error = service.pause("arn:nobody", PauseRequest::default()).await;
        assert_eq!(error.unwrap_err().status_code(), 404);
    }
}

#[tokio::test]
async fn a_pause_while_a_step_runs_keeps_the_steps_result() {
    #[durable_workflow]
    async fn slow(#[state] journal: Journal) -> Result<String> {
        journal.note("began");
        let value = step("work", || async {
            journal.note("works");
            tokio::time::sleep(Duration::from_millis(300)).await;
            Ok::<_, Error>("worked".to_owned())
        })
        .await?;
        Ok(value)
    }
    let journal = Journal::default();
    let engine = TestEngine::builder()
        .register(slow)
        .state(journal.clone())
        .start()
        .await
        .unwrap();
    let run = engine.start(slow, ()).await.unwrap();
    let service = engine.service();
    // Its START is written after 100 ms, which would be the checkpoint that pauses.
    while !types(&engine, run.arn()).await.contains(&"StepStarted") {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    service
        .pause(run.arn(), PauseRequest::default())
        .await
        .unwrap();
    while !types(&engine, run.arn())
        .await
        .contains(&"InvocationCompleted")
    {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    service
        .resume(run.arn(), PauseRequest::default())
        .await
        .unwrap();
    assert_eq!(run.result().await.unwrap(), "worked");
    assert_eq!(journal.count("works"), 1);
    assert_eq!(
        types(&engine, run.arn()).await,
        [
            "ExecutionStarted",
            "StepStarted",
            "StepSucceeded",
            "ExecutionPaused",
            "InvocationCompleted",
            "ExecutionResumed",
            "InvocationCompleted",
            "ExecutionSucceeded",
        ]
    );
}

#[tokio::test]
async fn an_ended_execution_is_deleted_when_asked_and_after_its_retention() {
    let done = Closure(|_| {
        async {
            Ok(Bytes::from_static(
                br#"{"Status":"SUCCEEDED","Result":"1"}"#,
            ))
        }
        .boxed()
    });
    let engine = TestEngine::builder()
        .function(durable("done"), done)
        .register(job)
        .register(asks)
        .state(Journal::default())
        .start()
        .await
        .unwrap();
    let service = engine.service();
    let invoke = async || {
        let answer = service.invoke(InvokeRequest::new("done", "1")).await;
        answer.unwrap().execution_arn.unwrap()
    };
    let waiting = engine.start(asks, ()).await.unwrap();
    let error = service.delete(waiting.arn()).await.unwrap_err();
    assert_eq!(error.error_type(), "ResourceConflictException");

    let arn = invoke().await;
    service.delete(&arn).await.unwrap();
    for error in [
        service.execution(&arn).await.unwrap_err(),
        service.delete(&arn).await.unwrap_err(),
        service
            .history(&arn, HistoryQuery::default())
            .await
            .unwrap_err(),
    ] {
        assert_eq!(error.error_type(), "ResourceNotFoundException");
    }

    let arn = invoke().await;
    let workflow = engine.start(job, ()).await.unwrap();
    assert_eq!(workflow.result().await.unwrap(), "one, two");
    engine.advance(Duration::from_hours(24 * 14));
    while service.execution(&arn).await.is_ok() {
        tokio::task::yield_now().await;
    }
    assert!(
        service.execution(workflow.arn()).await.is_ok(),
        "kept for ever"
    );
}

#[tokio::test]
async fn a_callback_is_completed_once_by_its_id() {
    let journal = Journal::default();
    let engine = TestEngine::builder()
        .register(asks)
        .state(journal.clone())
        .start()
        .await
        .unwrap();
    let run = engine.start(asks, ()).await.unwrap();
    until(|| !journal.all().is_empty()).await;
    let id = journal.all()[0].clone();
    let callback = engine.callback(&id);

    engine.advance(Duration::from_secs(39));
    callback.heartbeat().await.unwrap();
    engine.advance(Duration::from_secs(39));
    callback.succeed("yes").await.unwrap();

    assert_eq!(run.result().await.unwrap(), "yes");
    let refused = async |id: &str| {
        let error = engine.callback(id).fail(ErrorObject::default()).await;
        let error = error.unwrap_err();
        assert!(matches!(error, CallbackSendError::Refused(_)), "{error}");
        let heartbeat = engine.service().heartbeat_callback(id).await.unwrap_err();
        (error.to_string(), heartbeat.error_type())
    };
    let (message, name) = refused(&id).await;
    assert!(message.contains("its first result stands"), "{message}");
    assert_eq!(name, "CallbackTimeoutException");
    for unknown in ["nonsense", "", &id[..id.len() - 8]] {
        let (message, name) = refused(unknown).await;
        assert!(message.contains("is not a callback of"), "{message}");
        assert_eq!(name, "ResourceNotFoundException");
    }
}

#[tokio::test]
async fn a_large_input_is_read_by_pages_and_a_token_is_good_for_one_execution() {
    let endpoint = Endpoint::default();
    let served = endpoint.clone();
    let reads = Closure(move |request: FunctionRequest| {
        let endpoint = served.clone();
        async move {
            let input: InvocationInput = serde_json::from_slice(&request.payload).unwrap();
            let (arn, mut token) = (input.durable_execution_arn, input.checkpoint_token);
            let first = input.initial_execution_state;
            assert!(request.payload.len() < 6 * 1024 * 1024);
            let service = endpoint.service();
            if first.operations.len() < 2 && first.next_marker.as_deref() != Some("0") {
                // The input did not fit, or nothing is recorded yet.
                let page = service
                    .state(&arn, &token, first.next_marker.as_deref(), None)
                    .await
                    .unwrap();
                let execution = &page.operations[0];
                assert_eq!(execution.operation_type, OperationType::Execution);
                if page.operations.len() > 1 || page.next_marker.is_some() {
                    return Ok(serde_json::to_vec(&InvocationOutput::succeeded("1"))
                        .unwrap()
                        .into());
                }
            }
            let large = "x".repeat(1_000_000);
            for n in 0..7 {
                let id = format!("s{n}");
                let updates = [
                    OperationUpdate::start(OperationType::Step, &*id),
                    OperationUpdate::succeed(OperationType::Step, &*id).with_payload(&*large),
                ];
                let answer = service
                    .checkpoint(&arn, &token, None, &updates)
                    .await
                    .unwrap();
                let stale = service
                    .checkpoint(&arn, &token, None, &[])
                    .await
                    .unwrap_err();
                assert!(stale.to_string().starts_with("Invalid Checkpoint Token"));
                token = answer.token.unwrap();
            }
            let mut marker = None;
            let mut sizes = Vec::new();
            loop {
                let page = service
                    .state(&arn, &token, marker.as_deref(), Some(1_000))
                    .await
                    .unwrap();
                sizes.push(page.operations.len());
                marker = page.next_marker;
                if marker.is_none() {
                    break;
                }
            }
            // One of 5.5 MB, then as many of 1 MB as fit into 5 MiB.
            assert_eq!(sizes, [1, 5, 2]);
            let updates = [OperationUpdate::start_wait("w", 1)];
            service
                .checkpoint(&arn, &token, None, &updates)
                .await
                .unwrap();
            let stale = service.state(&arn, &token, None, None).await.unwrap_err();
            assert!(stale.to_string().starts_with("Invalid Checkpoint Token"));
            Ok(serde_json::to_vec(&InvocationOutput::pending())
                .unwrap()
                .into())
        }
        .boxed()
    });
    let engine = TestEngine::builder()
        .function(durable("reads"), reads)
        .start()
        .await
        .unwrap();
    endpoint.serve(engine.service());
    let input = format!("\"{}\"", "x".repeat(5_500_000));
    let answer = engine
        .service()
        .invoke(InvokeRequest::new("reads", input))
        .await
        .unwrap();
    assert_eq!(answer.payload, "1", "{:?}", answer.function_error);

    let service = engine.service();
    let arn = answer.execution_arn.unwrap();
    let mut query = HistoryQuery::default();
    let mut ids = Vec::new();
    loop {
        let page = service.history(&arn, query.clone()).await.unwrap();
        ids.extend(page.events.iter().map(|event| event.event_id));
        query.marker = page.next_marker;
        if query.marker.is_none() {
            break;
        }
    }
    assert_eq!(ids, (1..=20).collect::<Vec<_>>());
    let bare = HistoryQuery {
        include_data: false,
        reverse: true,
        max_items: Some(3),
        ..HistoryQuery::default()
    };
    let page = service.history(&arn, bare).await.unwrap();
    assert_eq!(page.events.len(), 3);
    assert!(
        !serde_json::to_string(&page.events)
            .unwrap()
            .contains("Payload")
    );
}

#[tokio::test]
async fn an_asynchronous_executions_result_has_one_mebibyte_at_the_most() {
    let large = Closure(|_| {
        let result = format!("\"{}\"", "x".repeat(1_048_576));
        let output = InvocationOutput::succeeded(result);
        async move { Ok(serde_json::to_vec(&output).unwrap().into()) }.boxed()
    });
    let engine = TestEngine::builder()
        .function(durable("large"), large)
        .start()
        .await
        .unwrap();
    let service = engine.service();
    let answer = service
        .invoke(InvokeRequest::new("large", "1"))
        .await
        .unwrap();
    assert_eq!(answer.function_error, None);
    let mut request = InvokeRequest::new("large", "1");
    request.kind = InvocationKind::Event;
    request.execution_name = Some("one".into());
    service.invoke(request.clone()).await.unwrap();
    request.kind = InvocationKind::RequestResponse;
    let answer = service.invoke(request).await.unwrap();
    let error: serde_json::Value = serde_json::from_slice(&answer.payload).unwrap();
    assert_eq!(error["errorType"], "Execution.ResultTooLarge");
}
