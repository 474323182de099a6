//! Invocations' inputs: any bytes are refused by the parser, or run to an outcome on a service that accepts everything, and so does each invocation that
//! follows. No panic, and no wait for what never comes.
#![no_main]

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;
use std::{env, fs};

use durable_fuzz::workflow::everything;
use durable_runtime::WorkflowFn;
use durable_runtime::host::{
    Backend, BackendError, Checkpointed, Invocation, InvocationOptions, Outcome, Registration,
    State, StatePage,
};
use durable_runtime::wire::{
    InvocationInput, Operation, OperationAction, OperationStatus, OperationType, OperationUpdate,
    Timestamp, WaitDetails,
};
use libfuzzer_sys::{fuzz_mutator, fuzz_target};

/// More than any timer that the workflow waits for within an invocation, in the runtime's time, which passes at once.
const AT_MOST: Duration = Duration::from_hours(24 * 400);

/// More calls than a workflow of this size has reason for.
const MOST_CALLS: u64 = 500;

/// More invocations than the workflow needs, with as many retries and polls as it has.
const MOST_INVOCATIONS: usize = 24;

/// Accepts every update and remembers what became of it.
struct Service {
    calls: AtomicU64,
    operations: Mutex<Vec<Operation>>,
}

impl Service {
    fn accept(&self, update: &OperationUpdate, now: Timestamp) -> Operation {
        let mut operations = self.operations.lock().expect("a panic ends the process");
        let known = operations
            .iter()
            .position(|operation| operation.id == update.id);
        let operation = match known {
            Some(place) => &mut operations[place],
            None => {
                let started = OperationStatus::Started;
                let operation = Operation::new(&*update.id, update.operation_type, started, now);
                operations.push(operation);
                operations.last_mut().expect("it was pushed")
            }
        };
        apply(operation, update, now);
        operation.clone()
    }

    /// What comes from outside: timers end, callbacks and invoked functions answer. Whether anything did.
    fn pass(&self) -> bool {
        let mut operations = self.operations.lock().expect("a panic ends the process");
        let mut passed = false;
        for operation in operations.iter_mut() {
            let started = operation.status == OperationStatus::Started;
            match operation.operation_type {
                OperationType::Step if operation.status == OperationStatus::Pending => {
                    operation.status = OperationStatus::Ready;
                }
                OperationType::Wait if started => operation.status = OperationStatus::Succeeded,
                OperationType::Callback if started => {
                    operation.status = OperationStatus::Succeeded;
                    let details = operation.callback_details.get_or_insert_default();
                    details.result = Some("4".to_owned());
                }
                OperationType::ChainedInvoke if started => {
                    operation.status = OperationStatus::Succeeded;
                    let details = operation.chained_invoke_details.get_or_insert_default();
                    details.result = Some("5".to_owned());
                }
                _ => continue,
            }
            passed = true;
        }
        passed
    }
}

fn apply(operation: &mut Operation, update: &OperationUpdate, now: Timestamp) {
    operation.status = match update.action {
        OperationAction::Succeed => OperationStatus::Succeeded,
        OperationAction::Fail => OperationStatus::Failed,
        OperationAction::Retry => OperationStatus::Pending,
        OperationAction::Cancel => OperationStatus::Cancelled,
        _ => OperationStatus::Started,
    };
    operation.sub_type.clone_from(&update.sub_type);
    operation.name.clone_from(&update.name);
    operation.parent_id.clone_from(&update.parent_id);
    let (result, error) = (update.payload.clone(), update.error.clone());
    match update.operation_type {
        OperationType::Step => {
            let details = operation.step_details.get_or_insert_default();
            let starts = u32::from(update.action == OperationAction::Start);
            details.attempt = details.attempt.saturating_add(starts);
            details.result = result;
            details.error = error;
            details.next_attempt_timestamp =
                (update.action == OperationAction::Retry).then_some(now);
        }
        OperationType::Context => {
            let details = operation.context_details.get_or_insert_default();
            details.result = result;
            details.error = error;
            let options = update.context_options.as_ref();
            details.replay_children = options.and_then(|options| options.replay_children);
        }
        OperationType::Wait => {
            operation.wait_details = Some(WaitDetails {
                scheduled_end_timestamp: Some(now.saturating_add(Duration::from_secs(60))),
            });
        }
        OperationType::Callback => {
            let details = operation.callback_details.get_or_insert_default();
            details.callback_id = Some(format!("callback-{}", update.id));
        }
        _ => {}
    }
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
            operations: updates
                .iter()
                .map(|update| self.accept(update, now))
                .collect(),
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

/// The seeds are made with the target itself, which is asked for them in this variable.
static SEEDS: LazyLock<Option<PathBuf>> = LazyLock::new(|| env::var_os("SEEDS").map(PathBuf::from));

/// Writes what the workflow was invoked with, as the seed after those that are there.
fn keep(input: &InvocationInput) {
    if let Some(folder) = &*SEEDS {
        let count = input.initial_execution_state.operations.len();
        let text = serde_json::to_string(input).expect("it was JSON");
        fs::write(folder.join(format!("operations-{count}")), text).expect("the folder is there");
    }
}

fuzz_target!(|data: &[u8]| {
    // As the hosts read it.
    let Some(mut input) = str::from_utf8(data)
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
    for _ in 0..MOST_INVOCATIONS {
        keep(&input);
        let service = Arc::new(Service {
            calls: AtomicU64::new(0),
            operations: Mutex::new(input.initial_execution_state.operations.clone()),
        });
        let outcome = runtime.block_on(async {
            let mut invocation = Invocation::new(
                registration(everything),
                Arc::clone(&service),
                input.clone(),
                InvocationOptions::default(),
            );
            tokio::time::timeout(AT_MOST, invocation.run()).await
        });
        let outcome = outcome.expect("it waits for what comes, or says that it waits");
        let passed = service.pass();
        let Outcome::Pending = outcome else {
            return;
        };
        if !passed {
            return;
        }
        let operations = service.operations.lock().expect("a panic ends the process");
        input
            .initial_execution_state
            .operations
            .clone_from(&operations);
    }
});

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    durable_fuzz::mutate::lines(data, size, max_size, seed)
});
