//! What invokes, and what is invoked.

use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use durable_engine::core::ExecutionStatus;
use durable_engine::service::{InvocationKind, InvokeRequest, Service};
use durable_engine::store::{ListFilter, Store};
use durable_engine::{
    DurableConfig, EngineError, Function, FunctionConfig, FunctionError, FunctionRequest, RunError,
    TestEngine, TestEngineBuilder,
};
use durable_runtime::prelude::*;
use durable_runtime::wire::{InvocationInput, InvocationOutput, OperationType, OperationUpdate};
use futures_util::future::BoxFuture;

use crate::settle;
use crate::store::{Held, Late};

#[durable_workflow]
async fn slow() -> Result<u32> {
    sleep(Duration::from_hours(24)).await;
    Ok(3)
}

/// A function that invokes `slow` and gives it up at once, in the raw protocol. It ends, or waits for ever.
struct GivesUp {
    service: Arc<OnceLock<Service>>,
    ends: bool,
}

impl Function for GivesUp {
    fn invoke(&self, request: FunctionRequest) -> BoxFuture<'_, Result<Bytes, FunctionError>> {
        Box::pin(async move {
            let input: InvocationInput = serde_json::from_slice(&request.payload).unwrap();
            let (arn, mut token) = (&input.durable_execution_arn, input.checkpoint_token);
            for update in [
                OperationUpdate::start_chained_invoke("i", "slow").with_payload("null"),
                OperationUpdate::cancel(OperationType::ChainedInvoke, "i"),
                OperationUpdate::start_wait("w", 3_600_000),
            ] {
                let service = self.service.get().unwrap();
                let answer = service.checkpoint(arn, &token, None, &[update]).await;
                token = answer.unwrap().token.unwrap();
            }
            let output = match self.ends {
                true => InvocationOutput::succeeded("1".to_owned()),
                false => InvocationOutput::pending(),
            };
            Ok(serde_json::to_vec(&output).unwrap().into())
        })
    }
}

/// The invoke is given up before there is anything to stop, by an execution that has ended when there is, or has not.
#[tokio::test]
async fn what_is_given_up_while_it_begins_is_stopped() {
    for ends in [false, true] {
        let (store, endpoint) = (Late::new(), Arc::new(OnceLock::new()));
        let service = Arc::clone(&endpoint);
        let config = FunctionConfig::new("gives_up").durable(DurableConfig::default());
        let engine = TestEngine::on(Arc::clone(&store) as _)
            .register(slow)
            .function(config, GivesUp { service, ends });
        let engine = engine.start().await.unwrap();
        assert!(endpoint.set(engine.service()).is_ok());
        store.creates.hold(1, Held::Work);
        let mut request = InvokeRequest::new("gives_up", "null");
        request.kind = InvocationKind::Event;
        engine.service().invoke(request).await.unwrap();
        settle().await;
        assert_eq!(store.creates.asked(), 2, "`slow` is being recorded");
        store.creates.open();
        settle().await;
        let all = store.list(ListFilter::default()).await.unwrap();
        let slow = all.iter().find(|it| &*it.workflow == "slow").unwrap();
        assert_eq!(slow.status, ExecutionStatus::Stopped, "{ends}");
    }
}

#[durable_workflow]
async fn calls(what: String) -> Result<u32> {
    Ok(invoke::<u32>(what, &0).await.map_err(Error::msg)? + 1)
}

#[durable_workflow]
async fn briefly(n: u32) -> Result<u32> {
    sleep(Duration::from_secs(60)).await;
    Ok(n + 2)
}

/// Whatever is stored and refused for all that, what the store has is what counts, and who waits hears of it.
#[tokio::test]
async fn what_was_stored_and_refused_is_known_to_those_who_wait_for_it() {
    let mut last = 0;
    for number in 0.. {
        let store = Late::new();
        store.commits.hold(number, Held::Lie);
        store.commits.open();
        let engine = TestEngine::on(Arc::clone(&store) as _)
            .register(calls)
            .register(briefly);
        let engine = engine.start().await.unwrap();
        let run = engine.start(calls, "briefly".to_owned()).await.unwrap();
        let result = async {
            loop {
                match run.result().await {
                    Err(RunError::Engine(EngineError::Store(_))) => settle().await,
                    ended => break ended,
                }
            }
        };
        let result = tokio::time::timeout(Duration::from_secs(20), result).await;
        let result = result.unwrap_or_else(|_| panic!("it hangs after commit {number}"));
        assert_eq!(result.unwrap(), 3, "{number}");
        store.all_ended().await;
        if store.commits.asked() <= number {
            last = number;
            break;
        }
    }
    assert!(last > 4, "there are more than {last} commits");
}

#[durable_workflow]
async fn once_more(round: u32) -> Result<u32> {
    if round == 1 {
        return Ok(2);
    }
    sleep(Duration::from_secs(60)).await;
    return restart(round + 1).await;
}

/// The successor ends before its predecessor's end is recorded, and the process dies before either is known to the caller.
#[tokio::test]
async fn a_caller_hears_of_a_successor_that_ended_before_its_predecessor() {
    let store = Late::new();
    let equip = |engine: TestEngineBuilder| engine.register(calls).register(once_more);
    let engine = equip(TestEngine::on(Arc::clone(&store) as _));
    let engine = engine.start().await.unwrap();
    let start = engine.start(calls, "once_more".to_owned()).id("one");
    start.await.unwrap();
    settle().await;
    store.lose(|commit| {
        let record = &commit.record;
        let is_first = record.input.as_deref() == Some("0");
        &*record.workflow == "calls" || is_first && record.status.is_terminal()
    });
    engine.advance(Duration::from_secs(60));
    settle().await;
    let all = store.list(ListFilter::default()).await.unwrap();
    let ended: Vec<_> = all.iter().map(|it| it.ended.is_some()).collect();
    assert_eq!(ended, [true, false, false], "the last one first: {all:#?}");

    let crashed = engine.crash();
    store.revive();
    let engine = equip(crashed).start().await.unwrap();
    let run = engine.run(calls, "one").await.unwrap();
    let result = tokio::time::timeout(Duration::from_secs(20), run.result()).await;
    assert_eq!(result.expect("nothing hangs").unwrap(), 3);
}
