//! A service for tests of the runtime alone: it accepts every update and remembers what it was sent.
#![allow(dead_code, reason = "each test file uses its own part")]

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};

use durable_runtime::Workflow;
use durable_runtime::host::{
    Backend, BackendError, Checkpointed, Invocation, InvocationOptions, Registration, State,
    StatePage,
};
use durable_runtime::wire::{
    InvocationInput, Operation, OperationAction, OperationStatus, OperationType, OperationUpdate,
    StepDetails, Timestamp, WaitDetails,
};

/// What the service does with its next call instead of accepting it.
pub(crate) enum Twist {
    Fail(BackendError),
    /// Accepts, and gives no token for another call.
    LastCall,
    /// Accepts, and takes this long over the answer.
    Slow(std::time::Duration),
    /// Accepts, and puts the answer's operations on a page of their own.
    Paged,
    /// Accepts, and says nothing about operations.
    Silent,
}

#[derive(Default)]
pub(crate) struct Service {
    pub(crate) calls: Mutex<Vec<Vec<OperationUpdate>>>,
    /// Waits that lost are cancelled, as on the engine.
    pub(crate) cancels_waits: bool,
    twists: Mutex<VecDeque<(usize, Twist)>>,
    operations: Mutex<BTreeMap<String, Operation>>,
    pages: Mutex<BTreeMap<String, Vec<Operation>>>,
    started: Mutex<Option<tokio::time::Instant>>,
    opened: Mutex<Option<Opened>>,
}

/// What becomes of an operation that the outside completes, as soon as it is opened.
type Opened = Box<dyn Fn(&mut Operation) + Send>;

impl Service {
    /// Twists call number `call`, counted from 0.
    pub(crate) fn twist(&self, call: usize, twist: Twist) {
        self.twists.lock().unwrap().push_back((call, twist));
    }

    pub(crate) fn page(&self, marker: &str, operations: Vec<Operation>) {
        self.pages
            .lock()
            .unwrap()
            .insert(marker.to_owned(), operations);
    }

    /// Has `opened` done to each callback and each invoked function that is started.
    pub(crate) fn on_open(&self, opened: impl Fn(&mut Operation) + Send + 'static) {
        *self.opened.lock().unwrap() = Some(Box::new(opened));
    }

    /// `START charge`, `SUCCEED charge`, … of each call.
    pub(crate) fn sent(&self) -> Vec<Vec<String>> {
        let calls = self.calls.lock().unwrap();
        let line = |update: &OperationUpdate| {
            format!(
                "{} {}",
                update.action,
                update
                    .name
                    .as_deref()
                    .unwrap_or_else(|| update.operation_type.as_str())
            )
        };
        calls
            .iter()
            .map(|updates| updates.iter().map(line).collect())
            .collect()
    }

    /// The `nth` operation by id.
    pub(crate) fn operation(&self, nth: usize) -> Operation {
        self.operations
            .lock()
            .unwrap()
            .values()
            .nth(nth)
            .expect("there is one")
            .clone()
    }

    fn apply(&self, update: &OperationUpdate) -> Operation {
        let mut operations = self.operations.lock().unwrap();
        let now = self.now();
        let operation = operations.entry(update.id.clone()).or_insert_with(|| {
            let mut operation = Operation::new(
                &*update.id,
                update.operation_type,
                OperationStatus::Started,
                now,
            );
            operation.sub_type.clone_from(&update.sub_type);
            operation.name.clone_from(&update.name);
            operation.parent_id.clone_from(&update.parent_id);
            operation
        });
        let seconds = update
            .wait_options
            .as_ref()
            .and_then(|options| options.wait_seconds);
        if let Some(seconds) = seconds {
            let end = now.saturating_add(std::time::Duration::from_secs(seconds.into()));
            operation.wait_details = Some(WaitDetails {
                scheduled_end_timestamp: Some(end),
            });
        }
        operation.status = match update.action {
            OperationAction::Succeed => OperationStatus::Succeeded,
            OperationAction::Fail => OperationStatus::Failed,
            OperationAction::Retry => OperationStatus::Pending,
            _ => OperationStatus::Started,
        };
        if update.operation_type == OperationType::Step && update.action != OperationAction::Start {
            let details = operation.step_details.get_or_insert_default();
            *details = StepDetails {
                attempt: details.attempt + 1,
                result: update.payload.clone(),
                error: update.error.clone(),
                next_attempt_timestamp: None,
            };
        }
        let is_outside = matches!(
            update.operation_type,
            OperationType::Callback | OperationType::ChainedInvoke
        );
        if let Some(opened) = self.opened.lock().unwrap().as_ref().filter(|_| is_outside) {
            opened(operation);
        }
        operation.clone()
    }

    /// Waits that are over by now.
    fn over(&self) -> Vec<Operation> {
        let now = self.now();
        let mut operations = self.operations.lock().unwrap();
        let is_over = |operation: &&mut Operation| {
            let end = operation
                .wait_details
                .as_ref()
                .and_then(|wait| wait.scheduled_end_timestamp);
            operation.status == OperationStatus::Started && end.is_some_and(|end| end <= now)
        };
        let over = operations.values_mut().filter(is_over);
        over.map(|operation| {
            operation.status = OperationStatus::Succeeded;
            operation.clone()
        })
        .collect()
    }
}

impl Backend for Service {
    async fn checkpoint(
        &self,
        token: &str,
        updates: &[OperationUpdate],
    ) -> Result<Checkpointed, BackendError> {
        let number = {
            let mut calls = self.calls.lock().unwrap();
            calls.push(updates.to_vec());
            calls.len() - 1
        };
        assert_eq!(token, format!("token-{number}"), "the tokens form a chain");
        let twist = {
            let mut twists = self.twists.lock().unwrap();
            let is_next = twists.front().is_some_and(|(call, _)| *call == number);
            if is_next { twists.pop_front() } else { None }
        };
        if let Some((_, Twist::Fail(error))) = twist {
            return Err(error);
        }
        let mut operations: Vec<Operation> =
            updates.iter().map(|update| self.apply(update)).collect();
        if let Some((_, Twist::Slow(pause))) = &twist {
            tokio::time::sleep(*pause).await;
        }
        operations.extend(self.over());
        let token = Some(format!("token-{}", number + 1));
        Ok(match twist {
            Some((_, Twist::LastCall)) => Checkpointed {
                token: None,
                operations,
                next_marker: None,
            },
            Some((_, Twist::Paged)) => {
                self.page("answer", operations);
                Checkpointed {
                    token,
                    operations: Vec::new(),
                    next_marker: Some("answer".to_owned()),
                }
            }
            Some((_, Twist::Silent)) => Checkpointed {
                token,
                operations: Vec::new(),
                next_marker: None,
            },
            _ => Checkpointed {
                token,
                operations,
                next_marker: None,
            },
        })
    }

    async fn state(&self, _: &str, marker: &str) -> Result<StatePage, BackendError> {
        let operations = self
            .pages
            .lock()
            .unwrap()
            .remove(marker)
            .expect("the marker was given out");
        Ok(StatePage {
            operations,
            next_marker: None,
        })
    }

    fn cancels_waits(&self) -> bool {
        self.cancels_waits
    }

    /// Tokio's time, which a test can pause.
    fn now(&self) -> Timestamp {
        let now = tokio::time::Instant::now();
        let started = *self.started.lock().unwrap().get_or_insert(now);
        let since = i64::try_from((now - started).as_millis()).unwrap();
        Timestamp::from_millis(1_735_689_600_000 + since)
    }
}

pub(crate) const ARN: &str =
    "arn:aws:lambda:xx-local-1:000000000000:function:fulfil:1/durable-execution/one/one";

/// An invocation's input with no history.
pub(crate) fn first_input() -> InvocationInput {
    input_with(&[])
}

/// An invocation's input with these operations in its history.
pub(crate) fn input_with(operations: &[Operation]) -> InvocationInput {
    let mut input: InvocationInput = serde_json::from_value(serde_json::json!({
        "DurableExecutionArn": ARN,
        "CheckpointToken": "token-0",
        "InitialExecutionState": { "Operations": [{
            "Id": "one", "Type": "EXECUTION", "Status": "STARTED", "StartTimestamp": 0,
            "ExecutionDetails": { "InputPayload": "null" }
        }] }
    }))
    .unwrap();
    let state = &mut input.initial_execution_state;
    state.operations.extend_from_slice(operations);
    input
}

pub(crate) fn invocation<W: Workflow>(
    service: &Arc<Service>,
    input: InvocationInput,
) -> Invocation<Service> {
    let registration = Arc::new(Registration::new::<W>(State::new()));
    Invocation::new(
        registration,
        Arc::clone(service),
        input,
        InvocationOptions::default(),
    )
}
