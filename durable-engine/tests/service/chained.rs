//! Executions that invoke functions and workflows: what is shown of it, how it ends, and what a crash between any two writes leaves.

use std::time::Duration;

use crate::common::Journal;
use crate::durable;
use crate::dying::Dying;
use crate::remote::{Closure, Endpoint};
use bytes::Bytes;
use durable_engine::service::{HistoryQuery, InvocationKind, InvokeRequest, ListQuery};
use durable_engine::{
    DurableConfig, Function, FunctionConfig, FunctionError, FunctionRequest, TestEngine,
    TestEngineBuilder,
};
use durable_runtime::prelude::*;
use durable_runtime::wire::{
    ErrorObject, InvocationInput, InvocationOutput, OperationType, OperationUpdate,
};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use serde_json::{Value, json};

#[step]
async fn count(journal: &Journal) -> Result<()> {
    journal.note("ran");
    Ok(())
}

#[durable_workflow]
async fn ship(order: u32, #[state] journal: Journal) -> Result<String> {
    count(&journal).await?;
    sleep(Duration::from_secs(60)).await;
    if order == 13 {
        return Err(Error::msg("no such order"));
    }
    Ok(format!("shipped {order}"))
}

/// A durable function that invokes another and answers with how that ended, in the raw protocol.
struct Caller {
    endpoint: Endpoint,
    start: OperationUpdate,
    /// How long it works on after the START.
    works: Duration,
}

fn caller(endpoint: &Endpoint, start: OperationUpdate) -> Caller {
    Caller {
        endpoint: endpoint.clone(),
        start,
        works: Duration::ZERO,
    }
}

fn start_invoke(target: &str, payload: &str) -> OperationUpdate {
    OperationUpdate::start_chained_invoke("i", target).with_payload(payload)
}

impl Function for Caller {
    fn invoke(&self, request: FunctionRequest) -> BoxFuture<'_, Result<Bytes, FunctionError>> {
        async move {
            let input: InvocationInput = serde_json::from_slice(&request.payload).unwrap();
            let service = self.endpoint.service();
            let (arn, mut token) = (&input.durable_execution_arn, input.checkpoint_token);
            let mut known = input.initial_execution_state.operations;
            if !known
                .iter()
                .any(|it| it.operation_type == OperationType::ChainedInvoke)
            {
                let updates = [self.start.clone()];
                let Ok(answer) = service.checkpoint(arn, &token, None, &updates).await else {
                    let error = ErrorObject::new("Errored", "the checkpoint was refused");
                    return Err(FunctionError::Failed(error));
                };
                token = answer.token.unwrap();
                tokio::time::sleep(self.works).await;
                if !self.works.is_zero()
                    && let Ok(answer) = service.checkpoint(arn, &token, None, &[]).await
                {
                    known = answer.operations;
                }
            }
            let ended = known
                .iter()
                .find(|it| it.operation_type == OperationType::ChainedInvoke)
                .filter(|it| it.status.is_terminal());
            let output = match ended {
                None => InvocationOutput::pending(),
                Some(operation) => {
                    let details = operation.chained_invoke_details.clone().unwrap();
                    let seen = json!({
                        "status": operation.status,
                        "result": details.result,
                        "error": details.error.map(|it| it.to_string()),
                    });
                    InvocationOutput::succeeded(seen.to_string())
                }
            };
            Ok(serde_json::to_vec(&output).unwrap().into())
        }
        .boxed()
    }
}

async fn started(builder: TestEngineBuilder, endpoint: &Endpoint) -> TestEngine {
    let engine = builder.start().await.unwrap();
    endpoint.serve(engine.service());
    engine
}

/// What the caller saw, and its history.
async fn outcome(engine: &TestEngine) -> (Value, Vec<Value>) {
    let mut request = InvokeRequest::new("caller", "1");
    request.execution_name = Some("one".into());
    let answer = engine.service().invoke(request).await.unwrap();
    let arn = answer.execution_arn.unwrap();
    let service = engine.service();
    let page = service.history(&arn, HistoryQuery::default());
    let events = page.await.unwrap().events;
    let events = events.iter().map(|it| serde_json::to_value(it).unwrap());
    (
        serde_json::from_slice(&answer.payload).unwrap(),
        events.collect(),
    )
}

fn types(history: &[Value]) -> Vec<&str> {
    history
        .iter()
        .map(|event| event["EventType"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn a_workflow_is_invoked_by_name_and_its_end_comes_back() {
    let (endpoint, journal) = (Endpoint::default(), Journal::default());
    let start = start_invoke("ship:$LATEST", "7").with_tenant("blue");
    let builder = TestEngine::builder()
        .register(ship)
        .state(journal.clone())
        .function(durable("caller"), caller(&endpoint, start));
    let engine = started(builder, &endpoint).await;

    let (seen, history) = outcome(&engine).await;

    assert_eq!(
        seen,
        json!({"status": "SUCCEEDED", "result": "\"shipped 7\"", "error": null})
    );
    assert_eq!(
        types(&history),
        [
            "ExecutionStarted",
            "ChainedInvokeStarted",
            "InvocationCompleted",
            "ChainedInvokeSucceeded",
            "InvocationCompleted",
            "ExecutionSucceeded",
        ]
    );
    let details = &history[1]["ChainedInvokeStartedDetails"];
    let arn = details["DurableExecutionArn"].as_str().unwrap();
    assert!(
        arn.contains(":function:ship:$LATEST/durable-execution/"),
        "{arn}"
    );
    assert_eq!(
        *details,
        json!({
            "FunctionName": "ship:$LATEST", "TenantId": "blue", "Input": {"Payload": "7", "Truncated": false},
            "ExecutedVersion": "$LATEST", "DurableExecutionArn": arn,
        })
    );
    let target = engine.service().execution(arn).await.unwrap();
    assert_eq!(target.input.as_deref(), Some("7"));
    assert_eq!(journal.count("ran"), 1);
}

#[tokio::test]
async fn whatever_is_invoked_the_caller_learns_how_it_ended() {
    let failing = |message: &'static str| {
        Closure(move |_| {
            let error = ErrorObject::new("Boom", message);
            async move { Err(FunctionError::Failed(error)) }.boxed()
        })
    };
    let echo = || Closure(|request: FunctionRequest| async move { Ok(request.payload) }.boxed());
    for (start, seen) in [
        (
            start_invoke("echo", "[1]"),
            json!({"status": "SUCCEEDED", "result": "[1]", "error": null}),
        ),
        (
            OperationUpdate::start_chained_invoke("i", "echo"),
            json!({"status": "SUCCEEDED", "result": "null", "error": null}),
        ),
        (
            start_invoke("broken", "1"),
            json!({"status": "FAILED", "result": null, "error": "Boom: it went boom"}),
        ),
        (
            start_invoke("arn:aws:lambda:eu-west-1:123456789012:function:ship", "13"),
            json!({"status": "FAILED", "result": null, "error": "Error: no such order"}),
        ),
        (
            start_invoke("nobody", "1"),
            json!({
                "status": "FAILED", "result": null,
                "error": "ResourceNotFoundException: there is no function `nobody`; those there are: broken, caller, echo, ship, slow, tenants",
            }),
        ),
        (
            start_invoke("tenants", "1"),
            json!({
                "status": "FAILED", "result": null,
                "error": "InvalidParameterValueException: `tenants` isolates its tenants, so an invocation must name one",
            }),
        ),
        (
            start_invoke("slow", "1"),
            json!({
                "status": "TIMED_OUT", "result": null,
                "error": "Execution.TimedOut: the execution did not end within its timeout of 5 s",
            }),
        ),
    ] {
        let endpoint = Endpoint::default();
        let mut short = DurableConfig::default();
        short.execution_timeout = Duration::from_secs(5);
        let waits = caller(&endpoint, OperationUpdate::start_wait("w", 60));
        let builder = TestEngine::builder()
            .register(ship)
            .state(Journal::default())
            .function(FunctionConfig::new("echo"), echo())
            .function(FunctionConfig::new("broken"), failing("it went boom"))
            .function(FunctionConfig::new("tenants").tenant_isolation(), echo())
            .function(FunctionConfig::new("slow").durable(short), waits)
            .function(durable("caller"), caller(&endpoint, start.clone()));
        let engine = started(builder, &endpoint).await;
        assert_eq!(outcome(&engine).await.0, seen, "{start:?}");
    }
}

#[tokio::test]
async fn a_target_that_is_stopped_says_so_and_one_whose_caller_is_stopped_goes_on() {
    let (endpoint, journal) = (Endpoint::default(), Journal::default());
    let builder = TestEngine::builder()
        .register(ship)
        .state(journal.clone())
        .function(
            durable("caller"),
            caller(&endpoint, start_invoke("ship", "7")),
        );
    let engine = started(builder, &endpoint).await;
    let service = engine.service();
    let start = async |name: &str| {
        let before = journal.count("ran");
        let mut request = InvokeRequest::new("caller", "1");
        request.kind = InvocationKind::Event;
        request.execution_name = Some(name.into());
        let arn = service
            .invoke(request)
            .await
            .unwrap()
            .execution_arn
            .unwrap();
        while journal.count("ran") == before {
            tokio::task::yield_now().await;
        }
        arn
    };
    let newest = async || {
        let page = service.list("ship", ListQuery::default()).await.unwrap();
        page.executions[0].arn.clone()
    };

    start("one").await;
    let error = ErrorObject::new("Enough", "that will do");
    service.stop(&newest().await, Some(error)).await.unwrap();
    let (seen, _) = outcome(&engine).await;
    assert_eq!(
        seen,
        json!({"status": "STOPPED", "result": null, "error": "Enough: that will do"})
    );

    let caller = start("two").await;
    service.stop(&caller, None).await.unwrap();
    let target = newest().await;
    let name = target.split('/').nth(2).unwrap().to_owned();
    let run = engine.run(ship, &name).await.unwrap();
    assert_eq!(run.result().await.unwrap(), "shipped 7");
}

#[tokio::test]
async fn a_fast_target_ends_after_the_invocation_that_started_it_unless_that_works_on() {
    for (works, before) in [(20, "InvocationCompleted"), (600, "ChainedInvokeStarted")] {
        let endpoint = Endpoint::default();
        let echo = Closure(|request: FunctionRequest| async move { Ok(request.payload) }.boxed());
        let mut working = caller(&endpoint, start_invoke("echo", "1"));
        working.works = Duration::from_millis(works);
        let builder = TestEngine::builder()
            .function(FunctionConfig::new("echo"), echo)
            .function(durable("caller"), working);
        let engine = started(builder, &endpoint).await;
        let (_, history) = outcome(&engine).await;
        let types = types(&history);
        let end = types.iter().position(|it| *it == "ChainedInvokeSucceeded");
        assert_eq!(types[end.unwrap() - 1], before, "{types:?}");
    }
}

#[tokio::test]
async fn a_crash_between_any_two_writes_starts_the_target_once_and_loses_no_end() {
    let mut writes = 1;
    loop {
        let (store, journal) = (Dying::after(writes), Journal::default());
        let build = |builder: TestEngineBuilder, endpoint: &Endpoint| {
            builder.register(ship).state(journal.clone()).function(
                durable("caller"),
                caller(endpoint, start_invoke("ship", "7")),
            )
        };
        let endpoint = Endpoint::default();
        let builder = build(TestEngine::on(store.clone()), &endpoint);
        let engine = started(builder, &endpoint).await;
        let mut request = InvokeRequest::new("caller", "1");
        request.execution_name = Some("one".into());
        let service = engine.service();
        let survived = tokio::select! {
            answer = service.invoke(request) => answer.is_ok(),
            () = store.died() => false,
        };

        drop(service);
        let endpoint = Endpoint::default();
        let crashed = engine.crash();
        store.revive();
        let engine = started(build(crashed, &endpoint), &endpoint).await;
        let (seen, history) = outcome(&engine).await;
        assert_eq!(seen["result"], "\"shipped 7\"", "after {writes} writes");
        let types: Vec<_> = types(&history)
            .into_iter()
            .filter(|it| *it != "InvocationCompleted")
            .collect();
        assert_eq!(
            types,
            [
                "ExecutionStarted",
                "ChainedInvokeStarted",
                "ChainedInvokeSucceeded",
                "ExecutionSucceeded",
            ],
            "after {writes} writes"
        );
        let service = engine.service();
        let page = service.list("ship", ListQuery::default());
        assert_eq!(page.await.unwrap().executions.len(), 1);
        if survived {
            break;
        }
        writes += 1;
    }
    assert!(writes > 8, "only {writes} writes");
}
