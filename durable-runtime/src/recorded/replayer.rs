//! [`Replayer`]: takes a workflow through a history.

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::SystemTime;

use super::history::{HistoryError, RecordedHistory};
use crate::host::{
    Backend, BackendError, BackendErrorKind, Checkpointed, Invocation, InvocationError,
    InvocationOptions, Outcome, Registration, StatePage, Successor,
};
use crate::invocation::State as ReplayState;
use crate::ops::RESULT_UNDECODABLE;
use crate::registration::{State, Workflow, WorkflowFn};
use crate::replay::check_passed_over;
use crate::wire::{
    ErrorObject, ExecutionDetails, InvocationInput, Operation, OperationStatus, OperationType,
    OperationUpdate, Timestamp,
};

/// What a replay found.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verdict {
    /// The code fits the history, as far as that goes.
    Fits {
        /// Where the code stands at the end of the history: what it would do next, and where it stands.
        next: Vec<String>,
    },
    /// The history holds operations that the code does not come to, or others than the code has.
    Diverged(String),
    /// The code reads a recorded value as something that it isn't.
    Undecodable(String),
    /// The workflow could not be replayed: its input does not read as its type, it panicked, or a `#[state]` value is missing.
    Broken(String),
}

impl Verdict {
    /// Whether executions like this one go on under the code.
    #[must_use]
    pub const fn fits(&self) -> bool {
        matches!(self, Self::Fits { .. })
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fits { next } if next.is_empty() => f.write_str("fits"),
            Self::Fits { next } => write!(f, "fits; next would be {}", next.join(", ")),
            Self::Diverged(reason) => write!(f, "diverged: {reason}"),
            Self::Undecodable(reason) => write!(f, "undecodable: {reason}"),
            Self::Broken(reason) => write!(f, "can't be replayed: {reason}"),
        }
    }
}

/// Replays histories of one workflow against its code as it is now. No step's body runs, and nothing is written anywhere.
///
/// ```
/// use durable_runtime::prelude::*;
/// use durable_runtime::recorded::{RecordedHistory, Replayer};
///
/// #[step]
/// async fn charge(cents: u32) -> Result<u32> { Ok(cents) }
///
/// #[durable_workflow]
/// async fn pay(cents: u32) -> Result<u32> { charge(cents).await }
///
/// # tokio::runtime::Builder::new_multi_thread().build().unwrap().block_on(async {
/// let history = RecordedHistory::parse(r#"{"Events": [
///     {"EventType": "ExecutionStarted", "EventTimestamp": 1767225600.0,
///      "ExecutionStartedDetails": {"Input": {"Payload": "5", "Truncated": false}}}
/// ]}"#).unwrap();
/// let verdict = Replayer::new(pay).replay(&history).await;
/// assert!(verdict.fits());
/// assert!(verdict.to_string().contains("next would be step `charge`"));
/// # });
/// ```
#[derive(Clone, Debug)]
pub struct Replayer {
    registration: Arc<Registration>,
    arn: String,
}

impl Replayer {
    /// For the workflow that this function is.
    #[must_use]
    pub fn new<W: Workflow, Arguments>(workflow: impl WorkflowFn<W, Arguments>) -> Self {
        Self::with_state(workflow, State::new())
    }

    /// The same, with values for its `#[state]` parameters. Steps are given them and none runs, so anything of the type will do.
    #[must_use]
    pub fn with_state<W: Workflow, Arguments>(
        workflow: impl WorkflowFn<W, Arguments>,
        state: State,
    ) -> Self {
        // Only its type counts.
        let _ = workflow;
        Self::of(Registration::new::<W>(state))
    }

    /// For a workflow that is registered.
    #[must_use]
    pub fn of(registration: Registration) -> Self {
        Self {
            registration: Arc::new(registration),
            arn: "arn:aws:lambda:us-east-1:000000000000:function:replayed:$LATEST/durable-execution/replayed/replayed".to_owned(),
        }
    }

    /// The ARN of the execution that the histories are of, for workflows that decide something by `uuid()` or `random()`: those follow from it, and a history
    /// does not hold it.
    #[must_use]
    pub fn arn(mut self, arn: impl Into<String>) -> Self {
        self.arn = arn.into();
        self
    }

    /// Replays the histories in these files, as many at the same time as there are processors, and calls `found` with each as it is done. Blocks until all
    /// are, on threads of its own, so it may be called in a test of any kind.
    pub fn replay_files<P: AsRef<Path> + Sync>(
        &self,
        files: &[P],
        found: impl Fn(&P, Result<Verdict, HistoryError>) + Sync,
    ) {
        let next = AtomicUsize::new(0);
        let threads = thread::available_parallelism().map_or(1, usize::from);
        thread::scope(|scope| {
            for _ in 0..threads.min(files.len()) {
                scope.spawn(|| {
                    while let Some(file) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
                        found(file, self.replay_file(file.as_ref()));
                    }
                });
            }
        });
    }

    fn replay_file(&self, file: &Path) -> Result<Verdict, HistoryError> {
        let history = RecordedHistory::read(file)?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        Ok(match runtime {
            Ok(runtime) => runtime.block_on(self.replay(&history)),
            Err(error) => Verdict::Broken(format!("the system gives no timers: {error}")),
        })
    }

    /// Replays one history.
    pub async fn replay(&self, history: &RecordedHistory) -> Verdict {
        let mut execution = Operation::new(
            "execution",
            OperationType::Execution,
            OperationStatus::Started,
            Timestamp::from_millis(0),
        );
        execution.execution_details = Some(ExecutionDetails {
            input_payload: Some(history.input.clone()),
        });
        let operations = std::iter::once(execution).chain(history.operations.iter().cloned());
        let input = InvocationInput {
            durable_execution_arn: self.arn.clone(),
            checkpoint_token: "replay".to_owned(),
            initial_execution_state: crate::wire::StatePage {
                operations: operations.collect(),
                next_marker: None,
            },
            updated_operation_ids: Vec::new(),
        };
        let options = InvocationOptions {
            strict: true,
            replay_only: true,
            ..InvocationOptions::default()
        };
        let registration = Arc::clone(&self.registration);
        let mut invocation = Invocation::new(registration, Arc::new(Nowhere), input, options);
        let core = Arc::clone(invocation.core());
        let outcome = invocation.run().await;
        let (held, unread, broken_off, passed_over) = {
            let state = &mut *core.state.lock();
            let held = std::mem::take(&mut state.held);
            let unread = std::mem::take(&mut state.unread);
            let passed_over = matches!(outcome, Outcome::Pending)
                .then(|| passed_over(state))
                .flatten();
            (held, unread, state.broken_off, passed_over)
        };
        if let Some(reason) = passed_over {
            return Verdict::Diverged(reason);
        }
        match verdict(outcome, broken_off) {
            Some(verdict) => verdict,
            None => match unread.into_iter().next() {
                Some(first) => Verdict::Undecodable(first),
                None => Verdict::Fits { next: held },
            },
        }
    }
}

/// What the code has passed over on its way to where it stands. Live, that shows when the next new operation starts.
fn passed_over(state: &mut ReplayState) -> Option<String> {
    let stands = std::mem::take(&mut state.stands);
    let mut live = stands
        .into_iter()
        .filter(|(scope, _)| !state.scopes.is_ghost(*scope));
    live.find_map(|(scope, site)| {
        check_passed_over(&mut state.history, &state.scopes, scope, site)
            .err()
            .map(|divergence| divergence.to_string())
    })
}

/// What is wrong, if anything is. `broken_off`: the runtime has ended it.
fn verdict(outcome: Outcome, broken_off: bool) -> Option<Verdict> {
    match outcome {
        Outcome::Succeeded(_) | Outcome::Pending => None,
        Outcome::Errored(InvocationError::NonDeterministic(reason)) => {
            Some(Verdict::Diverged(reason))
        }
        Outcome::Errored(InvocationError::MissingState(missing)) => Some(Verdict::Broken(format!(
            "nobody has given a value for the `#[state]` parameter of type `{}`; give one in a test of your own, with `assert_replays!(workflow, files, state = ..)` or `Replayer::with_state`, or implement `Default` for the type, which is what `cargo durable replay` uses",
            missing.type_name
        ))),
        Outcome::Errored(error) => Some(Verdict::Broken(error.to_string())),
        // A workflow that fails in its own way fits its history.
        Outcome::Failed(error) => broken_off.then(|| failed(&error)),
    }
}

fn failed(error: &ErrorObject) -> Verdict {
    let message = error.error_message.clone().unwrap_or_default();
    match error.error_type.as_deref() {
        Some("NonDeterministic") => Verdict::Diverged(message),
        Some(RESULT_UNDECODABLE) => Verdict::Undecodable(message),
        _ => Verdict::Broken(message),
    }
}

/// A service that keeps nothing.
struct Nowhere;

impl Backend for Nowhere {
    async fn checkpoint(
        &self,
        token: &str,
        _: &[OperationUpdate],
    ) -> Result<Checkpointed, BackendError> {
        Ok(Checkpointed {
            token: Some(token.to_owned()),
            ..Checkpointed::default()
        })
    }

    async fn state(&self, _: &str, _: &str) -> Result<StatePage, BackendError> {
        Err(BackendError::new(
            BackendErrorKind::Rejected,
            "a recorded history has one page",
        ))
    }

    async fn restart(&self, _: &Successor) -> Result<(), BackendError> {
        Ok(())
    }

    fn now(&self) -> Timestamp {
        Timestamp::from(SystemTime::now())
    }

    fn pushes_changes(&self) -> bool {
        true
    }
}
