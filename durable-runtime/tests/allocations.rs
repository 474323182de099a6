//! What a replayed step costs in allocations. Plugins and spans must not add to it where there are none.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking, in its helpers too"
)]

use std::alloc::System;
use std::sync::{Arc, Mutex};

use durable_runtime::host::{
    Backend, BackendError, Checkpointed, Invocation, InvocationOptions, Outcome, Registration,
    State, StatePage,
};
use durable_runtime::plugin::{OperationInfo, Plugin};
use durable_runtime::prelude::*;
use durable_runtime::wire::{InvocationInput, OperationUpdate, Timestamp};
use serde_json::json;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

#[step]
async fn work() -> Result<String> {
    Ok("x".repeat(64))
}

#[durable_workflow]
async fn many(steps: usize) -> Result<usize> {
    let mut total = 0;
    for _ in 0..steps {
        total += work().await?.len();
    }
    Ok(total)
}

/// Acknowledges everything, and notes the ids.
#[derive(Default)]
struct Null(Mutex<Vec<String>>);

impl Backend for Null {
    async fn checkpoint(
        &self,
        _: &str,
        updates: &[OperationUpdate],
    ) -> std::result::Result<Checkpointed, BackendError> {
        let mut ids = self.0.lock().unwrap();
        for update in updates {
            if ids.last() != Some(&update.id) {
                ids.push(update.id.clone());
            }
        }
        Ok(Checkpointed {
            token: Some("token".to_owned()),
            ..Checkpointed::default()
        })
    }

    async fn state(&self, _: &str, _: &str) -> std::result::Result<StatePage, BackendError> {
        Ok(StatePage::default())
    }

    fn now(&self) -> Timestamp {
        Timestamp::from_millis(1_767_225_600_000)
    }
}

/// The invocation that replays steps with these ids.
fn bytes(steps: usize, ids: &[String]) -> Vec<u8> {
    let mut operations = vec![json!({
        "Id": "one", "Type": "EXECUTION", "Status": "STARTED", "StartTimestamp": 1_767_225_600_000_u64,
        "ExecutionDetails": { "InputPayload": steps.to_string() },
    })];
    operations.extend(ids.iter().map(|id| {
        json!({
            "Id": id, "Name": "work", "Type": "STEP", "SubType": "Step", "Status": "SUCCEEDED",
            "StartTimestamp": 1_767_225_600_000_u64, "EndTimestamp": 1_767_225_600_000_u64,
            "StepDetails": { "Attempt": 1, "Result": format!("\"{}\"", "x".repeat(64)) },
        })
    }));
    let input = json!({
        "DurableExecutionArn": "arn:aws:lambda:xx-local-1:000000000000:function:many:1/durable-execution/one/one",
        "CheckpointToken": "token",
        "InitialExecutionState": { "Operations": operations },
    });
    serde_json::to_vec(&input).unwrap()
}

fn run(backend: &Arc<Null>, registration: &Arc<Registration>, bytes: &[u8]) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    let outcome = runtime.block_on(async {
        let input: InvocationInput = serde_json::from_slice(bytes).unwrap();
        let options = InvocationOptions::default();
        Invocation::new(
            Arc::clone(registration),
            Arc::clone(backend),
            input,
            options,
        )
        .run()
        .await
    });
    assert!(matches!(outcome, Outcome::Succeeded(_)), "{outcome:?}");
}

/// Allocations of each of the last 1,000 of 2,000 replayed steps.
fn per_step(registration: Registration) -> f64 {
    let registration = Arc::new(registration);
    let [few, more] = [1000, 2000].map(|steps| {
        let backend = Arc::new(Null::default());
        run(&backend, &registration, &bytes(steps, &[]));
        let ids = std::mem::take(&mut *backend.0.lock().unwrap());
        assert_eq!(ids.len(), steps);
        let invocation = bytes(steps, &ids);
        run(&backend, &registration, &invocation);
        let region = Region::new(ALLOCATOR);
        run(&backend, &registration, &invocation);
        let allocations = region.change().allocations;
        assert!(backend.0.lock().unwrap().is_empty(), "it only replayed");
        allocations
    });
    f64::from(u32::try_from(more - few).unwrap()) / 1000.0
}

struct Idle;

impl Plugin for Idle {
    fn on_operation_start(&self, operation: &OperationInfo<'_>) {
        assert!(!operation.is_replay);
    }
}

#[test]
fn of_a_replayed_step() {
    // Its id and result as they are read, and the value. Its name is short.
    let without = per_step(Registration::new::<many>(State::new()));
    assert!(without <= 3.01, "{without} without plugins");
    // What has ended calls no hook and costs nothing either.
    let with = per_step(Registration::new::<many>(State::new()).plugin(Idle));
    assert!(with <= 3.01, "{with} with a plugin");
}
