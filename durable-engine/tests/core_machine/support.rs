use std::time::Duration;

use durable_engine::core::{
    Applied, Checkpoint, Commit, Event, Execution, ExecutionRecord, ExecutionStatus, InvocationEnd,
    Invoked, NewExecution, Rejected, Rule, StoredOperation,
};
use durable_runtime::wire::{
    ErrorObject, Operation, OperationStatus, OperationType, OperationUpdate, SubType, Timestamp,
};

pub(crate) use OperationType::{Callback, ChainedInvoke, Context, Step, Wait};

pub(crate) const ARN: &str =
    "arn:aws:lambda:eu-west-1:000000000000:function:fulfil:1/durable-execution/order-42/e1";

/// An execution, its clock, and a store that applied its commits.
pub(crate) struct Run {
    pub(crate) execution: Execution,
    pub(crate) now: Timestamp,
    pub(crate) history: Vec<Event>,
    stored: Option<ExecutionRecord>,
    operations: Vec<StoredOperation>,
    tokens: u32,
}

pub(crate) fn new_execution() -> NewExecution {
    NewExecution {
        arn: ARN.into(),
        name: "order-42".into(),
        workflow: "fulfil".into(),
        input: Some(r#"{"order":42}"#.into()),
        timeout_seconds: None,
        callback_key: "a secret".into(),
        ..NewExecution::default()
    }
}

impl Run {
    /// An execution that has begun.
    pub(crate) fn begun(new: NewExecution) -> Run {
        let now = Timestamp::from_millis(1_767_225_600_000);
        let (execution, commit) = Execution::begin(new, now).expect("a legal start");
        let (history, operations) = (Vec::new(), Vec::new());
        let mut run = Run {
            execution,
            now,
            history,
            stored: None,
            operations,
            tokens: 0,
        };
        assert!(commit.created);
        run.store(commit);
        run
    }

    /// An execution whose first invocation runs.
    pub(crate) fn invoked() -> Run {
        let mut run = Run::begun(new_execution());
        run.invoke();
        run
    }

    /// An execution that has done this and then suspended.
    pub(crate) fn suspended_after(updates: &[OperationUpdate]) -> Run {
        let mut run = Run::invoked();
        run.apply(updates).unwrap();
        run.end(InvocationEnd::Pending);
        run
    }

    fn store(&mut self, commit: Commit) {
        for event in &commit.events {
            assert_eq!(
                event.event_id,
                self.history.len() as u64 + 1,
                "event ids have no gaps"
            );
            self.history.push(event.clone());
        }
        for operation in &commit.operations {
            match self.operations.get_mut(operation.seq as usize) {
                Some(slot) => *slot = operation.clone(),
                None => {
                    assert_eq!(
                        operation.seq,
                        self.operations.len() as u64,
                        "numbers have no gaps"
                    );
                    self.operations.push(operation.clone());
                }
            }
        }
        self.stored = Some(commit.record);
        let restored = self.restored();
        assert_eq!(
            restored, self.execution,
            "what is stored restores to what is live"
        );
    }

    /// The execution as a restarted engine would load it, through JSON.
    pub(crate) fn restored(&self) -> Execution {
        let record = serde_json::to_string(self.stored.as_ref().unwrap()).unwrap();
        let operations = serde_json::to_string(&self.operations).unwrap();
        Execution::restore(
            serde_json::from_str(&record).unwrap(),
            serde_json::from_str(&operations).unwrap(),
        )
        .expect("commits make a whole execution")
    }

    /// The engine restarts: everything that is not stored is lost.
    pub(crate) fn restart(&mut self) {
        self.execution = self.restored();
    }

    pub(crate) fn next_token(&mut self) -> String {
        self.tokens += 1;
        format!("token-{}", self.tokens)
    }

    pub(crate) fn try_invoke(&mut self) -> Option<Invoked> {
        let token = self.next_token();
        let request_id = format!("request-{}", self.tokens);
        self.execution.invoke(request_id, token, self.now)
    }

    pub(crate) fn invoke(&mut self) -> Invoked {
        self.try_invoke().expect("an invocation is owed")
    }

    pub(crate) fn apply(&mut self, updates: &[OperationUpdate]) -> Result<Applied, Rejected> {
        let token = self
            .execution
            .record()
            .token
            .clone()
            .expect("an invocation that may write");
        let next = self.next_token();
        self.apply_with(Checkpoint::new(&token, next, updates))
    }

    pub(crate) fn apply_with(&mut self, call: Checkpoint<'_>) -> Result<Applied, Rejected> {
        let before = self.execution.clone();
        let result = self.execution.apply(call, self.now);
        match &result {
            Ok(applied) => self.store(applied.commit.clone()),
            Err(_) => assert_eq!(self.execution, before, "a rejected batch changes nothing"),
        }
        result
    }

    /// The rule that refuses these updates.
    pub(crate) fn refusal(&mut self, updates: &[OperationUpdate]) -> Rule {
        match self.apply(updates) {
            Err(Rejected::Update { rule, .. }) => rule,
            other => panic!("expected a refusal of an update, got {other:?}"),
        }
    }

    pub(crate) fn end(&mut self, end: InvocationEnd) -> ExecutionStatus {
        let commit = self.execution.invocation_ended(end, self.now);
        self.store(commit);
        self.execution.record().status
    }

    pub(crate) fn pass(&mut self, seconds: u64) {
        self.now = self.now.saturating_add(Duration::from_secs(seconds));
        let commit = self.execution.due(self.now);
        self.store(commit);
    }

    pub(crate) fn stop(&mut self, error: Option<ErrorObject>) {
        let commit = self.execution.stop(error, self.now);
        self.store(commit);
    }

    pub(crate) fn commit_of(&mut self, change: impl FnOnce(&mut Execution, Timestamp) -> Commit) {
        let commit = change(&mut self.execution, self.now);
        self.store(commit);
    }

    pub(crate) fn operation(&self, id: &str) -> &Operation {
        &self
            .execution
            .operation(id)
            .expect("an operation of this id")
            .operation
    }

    pub(crate) fn status(&self, id: &str) -> OperationStatus {
        self.operation(id).status
    }

    /// The types of the events since `ExecutionStarted`, as one line.
    pub(crate) fn line(&self) -> String {
        let types: Vec<_> = self.history.iter().skip(1).map(Event::event_type).collect();
        types.join(" ")
    }

    /// The last event as the API shows it.
    pub(crate) fn last_event(&self) -> serde_json::Value {
        serde_json::to_value(self.history.last().unwrap()).unwrap()
    }
}

pub(crate) fn start(operation_type: OperationType, id: &str) -> OperationUpdate {
    OperationUpdate::start(operation_type, id)
}

pub(crate) fn wait(id: &str, seconds: u32) -> OperationUpdate {
    OperationUpdate::start_wait(id, seconds).with_sub_type(SubType::WAIT)
}

pub(crate) fn succeed(operation_type: OperationType, id: &str) -> OperationUpdate {
    OperationUpdate::succeed(operation_type, id).with_payload("1")
}

pub(crate) fn fail(operation_type: OperationType, id: &str) -> OperationUpdate {
    OperationUpdate::fail(operation_type, id, boom())
}

pub(crate) fn retry(id: &str, seconds: u32) -> OperationUpdate {
    OperationUpdate::retry_with_error(id, boom(), seconds)
}

pub(crate) fn boom() -> ErrorObject {
    ErrorObject::new("Boom", "it went boom")
}

pub(crate) fn ids(operations: &[Operation]) -> Vec<&str> {
    operations
        .iter()
        .map(|operation| operation.id.as_str())
        .collect()
}
