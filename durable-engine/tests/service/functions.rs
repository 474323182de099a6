//! Functions behind the service: durable ones run as executions, plain ones get their payload.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::common::Journal;
use crate::durable;
use crate::remote::{Closure, Endpoint, Remote};
use crate::types;
use bytes::Bytes;
use durable_engine::service::{HistoryQuery, InvocationKind, InvokeRequest};
use durable_engine::{
    ExecutionStatus, FunctionConfig, FunctionError, FunctionRequest, ServiceError, TestEngine,
    TestEngineBuilder,
};
use durable_runtime::host::{Registration, State};
use durable_runtime::prelude::*;
use durable_runtime::wire::{ErrorObject, InvocationInput};
use futures_util::FutureExt as _;

#[step]
async fn note(journal: &Journal, what: &str) -> Result<String> {
    journal.note(what);
    Ok(what.to_owned())
}

#[durable_workflow]
async fn job(name: String, #[state] journal: Journal) -> Result<String> {
    let one = note(&journal, "one").named("one").await?;
    sleep(Duration::from_secs(60)).await;
    let two = note(&journal, "two").named("two").await?;
    Ok(format!("{name}: {one}, {two}"))
}

fn with_job(
    builder: TestEngineBuilder,
    endpoint: &Endpoint,
    journal: &Journal,
) -> TestEngineBuilder {
    let state = State::new().with(journal.clone());
    let registration = registration(job, state);
    builder.function(durable("job"), Remote::new(registration, endpoint))
}

fn registration<W: durable_runtime::Workflow, A>(
    _workflow: impl durable_runtime::WorkflowFn<W, A>,
    state: State,
) -> Registration {
    Registration::new::<W>(state)
}

#[tokio::test]
async fn a_durable_function_runs_like_a_workflow() {
    let (endpoint, journal) = (Endpoint::default(), Journal::default());
    let engine = with_job(TestEngine::builder(), &endpoint, &journal)
        .start()
        .await
        .unwrap();
    endpoint.serve(engine.service());

    let request = InvokeRequest::new("job:$LATEST", "\"ada\"");
    let answer = engine.service().invoke(request).await.unwrap();

    assert_eq!(answer.payload, "\"ada: one, two\"");
    assert_eq!((answer.status_code, answer.function_error), (200, None));
    assert_eq!(journal.all(), ["one", "two"]);
    let arn = answer.execution_arn.unwrap();
    assert_eq!(
        types(&engine, &arn).await,
        [
            "ExecutionStarted",
            "StepStarted",
            "StepSucceeded",
            "WaitStarted",
            "InvocationCompleted",
            "WaitSucceeded",
            "StepStarted",
            "StepSucceeded",
            "InvocationCompleted",
            "ExecutionSucceeded",
        ]
    );
    let shown = engine.service().execution(&arn).await.unwrap();
    assert_eq!(
        (shown.status, shown.version.as_str(), shown.timeout_seconds),
        (ExecutionStatus::Succeeded, "$LATEST", Some(86_400))
    );
    assert_eq!(
        shown.function_arn,
        "arn:aws:lambda:xx-local-1:000000000000:function:job:$LATEST"
    );
}

#[tokio::test]
async fn an_event_is_answered_at_once_and_goes_on_after_a_crash_of_the_engine() {
    let (endpoint, journal) = (Endpoint::default(), Journal::default());
    let engine = with_job(TestEngine::builder(), &endpoint, &journal)
        .start()
        .await
        .unwrap();
    endpoint.serve(engine.service());
    let mut request = InvokeRequest::new("job", "\"ada\"");
    request.kind = InvocationKind::Event;
    request.execution_name = Some("one".into());
    let answer = engine.service().invoke(request.clone()).await.unwrap();
    assert_eq!((answer.status_code, answer.payload.len()), (202, 0));
    while journal.count("one") == 0 {
        tokio::task::yield_now().await;
    }

    let endpoint = Endpoint::default();
    let engine = with_job(engine.crash(), &endpoint, &journal)
        .start()
        .await
        .unwrap();
    endpoint.serve(engine.service());
    request.kind = InvocationKind::RequestResponse;
    let found = engine.service().invoke(request.clone()).await.unwrap();
    assert_eq!(found.execution_arn, answer.execution_arn);
    assert_eq!(found.payload, "\"ada: one, two\"");
    assert_eq!(journal.count("two"), 1);

    request.payload = Bytes::from_static(b"\"bob\"");
    let error = engine.service().invoke(request).await.unwrap_err();
    assert!(
        matches!(error, ServiceError::ExecutionAlreadyStarted(_)),
        "{error}"
    );
}

#[tokio::test]
async fn what_cannot_be_invoked_is_refused_by_the_models_names() {
    let echo = Closure(|request: FunctionRequest| async move { Ok(request.payload) }.boxed());
    let engine = TestEngine::builder()
        .function(FunctionConfig::new("echo").tenant_isolation(), echo)
        .register(job)
        .state(Journal::default())
        .start()
        .await
        .unwrap();
    let service = engine.service();
    let refused = async |change: &dyn Fn(&mut InvokeRequest)| {
        let mut request = InvokeRequest::new("job", "1");
        change(&mut request);
        service.invoke(request).await.unwrap_err().error_type()
    };
    let large = |size| Bytes::from(format!("\"{}\"", "x".repeat(size)));

    for (name, error) in [
        ("nobody", "ResourceNotFoundException"),
        ("job:no good", "InvalidParameterValueException"),
        ("echo", "InvalidParameterValueException"),
    ] {
        assert_eq!(
            refused(&|it| it.function = name.into()).await,
            error,
            "{name}"
        );
    }
    assert_eq!(
        refused(&|it| it.payload = Bytes::from_static(b"{")).await,
        "InvalidRequestContentException"
    );
    assert_eq!(
        refused(&|it| it.payload = large(6_291_456)).await,
        "RequestTooLargeException"
    );
    let asynchronous = |it: &mut InvokeRequest| {
        it.kind = InvocationKind::Event;
        it.payload = large(1_048_576);
    };
    assert_eq!(refused(&asynchronous).await, "RequestTooLargeException");
    assert_eq!(
        refused(&|it| it.execution_name = Some("no good".into())).await,
        "InvalidParameterValueException"
    );

    let mut request = InvokeRequest::new("echo", "1");
    request.tenant_id = Some("blue".into());
    let answer = service.invoke(request.clone()).await.unwrap();
    assert_eq!((answer.status_code, &answer.payload[..]), (200, &b"1"[..]));
    request.kind = InvocationKind::DryRun;
    assert_eq!(
        service.invoke(request.clone()).await.unwrap().status_code,
        204
    );
    request.kind = InvocationKind::RequestResponse;
    request.execution_name = Some("one".into());
    let error = service.invoke(request).await.unwrap_err();
    assert_eq!(error.error_type(), "InvalidParameterValueException");
}

#[tokio::test]
async fn a_failing_invocation_is_in_the_history_and_made_again_later() {
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&calls);
    let flaky = Closure(move |request: FunctionRequest| {
        let call = counted.fetch_add(1, Ordering::SeqCst);
        async move {
            let input: InvocationInput = serde_json::from_slice(&request.payload).unwrap();
            assert_eq!(input.input_payload(), Some("{}"));
            let crash = ErrorObject::new("Runtime.ExitError", "exit status: 1");
            match call {
                0 => Err(FunctionError::Crashed(crash)),
                1 => Ok(Bytes::from_static(b"\"no envelope\"")),
                _ => Ok(Bytes::from_static(
                    br#"{"Status":"SUCCEEDED","Result":"1"}"#,
                )),
            }
        }
        .boxed()
    });
    let engine = TestEngine::builder()
        .function(durable("flaky"), flaky)
        .start()
        .await
        .unwrap();

    let answer = engine
        .service()
        .invoke(InvokeRequest::new("flaky", ""))
        .await
        .unwrap();

    assert_eq!(
        (&answer.payload[..], calls.load(Ordering::SeqCst)),
        (&b"1"[..], 3)
    );
    assert_eq!(engine.elapsed(), Duration::from_secs(1 + 2));
    let arn = answer.execution_arn.unwrap();
    let page = engine
        .service()
        .history(&arn, HistoryQuery::default())
        .await;
    let errors: Vec<_> = page
        .unwrap()
        .events
        .iter()
        .map(|event| {
            let json = serde_json::to_value(event).unwrap();
            json["InvocationCompletedDetails"]["Error"]["Payload"]["ErrorType"].clone()
        })
        .collect();
    assert_eq!(errors[1], "Runtime.ExitError");
    assert_eq!(errors[2], "Invocation.InvalidOutput");
    assert_eq!(errors.len(), 5);
}

#[tokio::test]
async fn a_failure_is_answered_as_lambda_answers_one() {
    let broken = Closure(|_| {
        let error = ErrorObject::new("Boom", "it went boom").with_data("7");
        async move { Err(FunctionError::Failed(error)) }.boxed()
    });
    let idle = Closure(|_| async { Ok(Bytes::from_static(br#"{"Status":"PENDING"}"#)) }.boxed());
    let engine = TestEngine::builder()
        .function(FunctionConfig::new("broken"), broken)
        .function(durable("idle"), idle)
        .start()
        .await
        .unwrap();
    let service = engine.service();

    let answer = service
        .invoke(InvokeRequest::new("broken", "1"))
        .await
        .unwrap();
    assert_eq!(
        (answer.status_code, answer.function_error.as_deref()),
        (200, Some("Unhandled"))
    );
    assert_eq!(
        answer.payload,
        r#"{"errorType":"Boom","errorMessage":"it went boom","errorData":"7"}"#
    );

    let answer = service
        .invoke(InvokeRequest::new("idle", "1"))
        .await
        .unwrap();
    let error: serde_json::Value = serde_json::from_slice(&answer.payload).unwrap();
    assert_eq!(error["errorType"], "Invocation.NothingPending");
}

#[tokio::test]
async fn a_stopped_execution_gives_its_running_function_up() {
    struct Dropped(Arc<AtomicUsize>);
    impl Drop for Dropped {
        fn drop(&mut self) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }
    let dropped = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&dropped);
    let stuck = Closure(move |_| {
        let guard = Dropped(Arc::clone(&counted));
        async move {
            std::future::pending::<()>().await;
            drop(guard);
            Ok(Bytes::new())
        }
        .boxed()
    });
    let engine = TestEngine::builder()
        .function(durable("stuck"), stuck)
        .start()
        .await
        .unwrap();
    let service = engine.service();
    let mut request = InvokeRequest::new("stuck", "1");
    request.kind = InvocationKind::Event;
    let arn = service
        .invoke(request)
        .await
        .unwrap()
        .execution_arn
        .unwrap();
    tokio::task::yield_now().await;

    service.stop(&arn, None).await.unwrap();

    while dropped.load(Ordering::SeqCst) == 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(
        types(&engine, &arn).await,
        [
            "ExecutionStarted",
            "InvocationCompleted",
            "ExecutionStopped"
        ]
    );
    let error = service.stop("arn:nobody", None).await.unwrap_err();
    assert_eq!(error.status_code(), 404);
}
