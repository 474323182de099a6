//! Invocations' inputs: any bytes are refused by the parser, or run to an outcome on a service that accepts everything. No panic, and no wait for what never comes.
#![no_main]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use durable_fuzz::workflow::everything;
use durable_runtime::WorkflowFn;
use durable_runtime::host::{
    Backend, BackendError, Checkpointed, Invocation, InvocationOptions, Registration, State,
    StatePage,
};
use durable_runtime::wire::{
    CallbackDetails, InvocationInput, Operation, OperationAction, OperationStatus, OperationType,
    OperationUpdate, StepDetails, Timestamp, WaitDetails,
};
use libfuzzer_sys::{fuzz_mutator, fuzz_target};

/// More than any timer that the workflow waits for within an invocation, in the runtime's time, which passes at once.
const AT_MOST: Duration = Duration::from_hours(24 * 400);

/// More calls than a workflow of this size has reason for.
const MOST_CALLS: u64 = 500;

/// Accepts every update and says what became of it.
#[derive(Default)]
struct Service {
    calls: AtomicU64,
}

fn accepted(update: &OperationUpdate, now: Timestamp) -> Operation {
    let status = match update.action {
        OperationAction::Succeed => OperationStatus::Succeeded,
        OperationAction::Fail => OperationStatus::Failed,
        OperationAction::Retry => OperationStatus::Pending,
        OperationAction::Cancel => OperationStatus::Cancelled,
        _ => OperationStatus::Started,
    };
    let mut operation = Operation::new(&*update.id, update.operation_type, status, now);
    operation.sub_type.clone_from(&update.sub_type);
    operation.name.clone_from(&update.name);
    operation.parent_id.clone_from(&update.parent_id);
    match update.operation_type {
        OperationType::Step => {
            operation.step_details = Some(StepDetails {
                attempt: 1,
                result: update.payload.clone(),
                error: update.error.clone(),
                next_attempt_timestamp: (status == OperationStatus::Pending).then_some(now),
            });
        }
        OperationType::Wait => {
            operation.wait_details = Some(WaitDetails {
                scheduled_end_timestamp: Some(now.saturating_add(Duration::from_secs(60))),
            });
        }
        OperationType::Callback => {
            operation.callback_details = Some(Box::new(CallbackDetails {
                callback_id: Some(format!("callback-{}", update.id)),
                ..CallbackDetails::default()
            }));
        }
        _ => {}
    }
    operation
}

impl Backend for Service {
    async fn checkpoint(
        &self,
        _token: &str,
        updates: &[OperationUpdate],
    ) -> Result<Checkpointed, BackendError> {
        let calls = self.calls.fetch_add(1, Ordering::Relaxed);
        assert!(calls < MOST_CALLS, "it calls the service for ever");
        let now = self.now();
        Ok(Checkpointed {
            token: Some(format!("token-{calls}")),
            operations: updates.iter().map(|update| accepted(update, now)).collect(),
            next_marker: None,
        })
    }

    async fn state(&self, _token: &str, _marker: &str) -> Result<StatePage, BackendError> {
        Ok(StatePage::default())
    }

    fn now(&self) -> Timestamp {
        Timestamp::from_millis(1_767_225_601_000)
    }
}

fn registration<W: durable_runtime::Workflow, Arguments>(
    _workflow: impl WorkflowFn<W, Arguments>,
) -> Arc<Registration> {
    Arc::new(Registration::new::<W>(State::new()))
}

fuzz_target!(|data: &[u8]| {
    // As the hosts read it.
    let Some(input) = str::from_utf8(data)
        .ok()
        .and_then(|text| serde_json::from_str::<InvocationInput>(text).ok())
    else {
        return;
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime without I/O");
    let outcome = runtime.block_on(async {
        let mut invocation = Invocation::new(
            registration(everything),
            Arc::new(Service::default()),
            input,
            InvocationOptions::default(),
        );
        tokio::time::timeout(AT_MOST, invocation.run()).await
    });
    assert!(outcome.is_ok(), "it waits for what never comes");
});

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    durable_fuzz::mutate::lines(data, size, max_size, seed)
});
