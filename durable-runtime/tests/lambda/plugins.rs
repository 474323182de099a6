//! Plugins on Lambda: the request's id, and a flush before the answer.

use std::sync::{Arc, Mutex};

use durable_runtime::lambda::{self, lambda_runtime::Context};
use durable_runtime::plugin::{InvocationEnd, InvocationInfo, Plugin, PluginFuture};
use durable_runtime::prelude::*;
use serde_json::json;
use serde_json::value::RawValue;

use super::support::{Client, Stub, envelope, execution, with_each_client};

with_each_client! {
    are_told_the_requests_id_and_flushed_before_the_answer,
}

#[durable_workflow]
async fn nap(seconds: u64) -> u64 {
    sleep(Duration::from_secs(seconds)).await;
    seconds
}

#[derive(Default)]
struct Seen(Mutex<Vec<String>>);

impl Plugin for Seen {
    fn on_invocation_start(&self, info: &InvocationInfo<'_>) {
        self.0.lock().unwrap().push(format!(
            "{} first={} started={} updated={:?}",
            info.request_id,
            info.is_first_invocation,
            info.execution_start_timestamp,
            info.updated_operations
                .iter()
                .map(|operation| operation.status.as_str())
                .collect::<Vec<_>>(),
        ));
    }

    fn on_invocation_end(&self, end: &InvocationEnd<'_>) {
        let mut seen = self.0.lock().unwrap();
        seen.push(format!("{} {}", end.invocation.request_id, end.status));
    }

    fn flush(&self) -> PluginFuture<'_> {
        Box::pin(async {
            tokio::time::sleep(Duration::from_millis(5)).await;
            self.0.lock().unwrap().push("flushed".to_owned());
        })
    }
}

async fn are_told_the_requests_id_and_flushed_before_the_answer(client: Client) {
    let seen = Arc::new(Seen::default());
    let stub = Stub::default();
    let host = lambda::host(nap).plugin(Arc::clone(&seen));
    let service = stub.host(client, host).await;
    let mut context = Context::default();

    context.request_id = "request-1".to_owned();
    let event = RawValue::from_string(envelope("7").to_string()).unwrap();
    service.handle(&event, &context).await.unwrap();
    let wait = stub.calls()[0].body["Updates"][0]["Id"].clone();

    context.request_id = "request-2".to_owned();
    let mut event = envelope("7");
    event["InitialExecutionState"]["Operations"] = json!([
        execution("7"),
        {"Id": wait, "Type": "WAIT", "SubType": "Wait", "Status": "SUCCEEDED", "StartTimestamp": 1_767_225_601},
    ]);
    event["UpdatedOperationIds"] = json!([wait]);
    let event = RawValue::from_string(event.to_string()).unwrap();
    service.handle(&event, &context).await.unwrap();

    assert_eq!(
        *seen.0.lock().unwrap(),
        [
            "request-1 first=true started=2026-01-01T00:00:00.25Z updated=[]",
            "request-1 PENDING",
            "flushed",
            "request-2 first=false started=2026-01-01T00:00:00.25Z updated=[\"SUCCEEDED\"]",
            "request-2 SUCCEEDED",
            "flushed",
        ]
    );
}
