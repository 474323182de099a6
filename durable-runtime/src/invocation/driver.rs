//! The driver: polls the workflow, and decides when the invocation answers and with what.

use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Instant;

use thiserror::Error;
use tokio::task::JoinHandle;

use super::core::{Core, Ending};
use super::finish::{finish_large, quiesce};
use super::inbox::Inbox;
use super::rest::{Rest, poll_once};
use super::writer;
use crate::codec::CodecError;
use crate::current::{Current, Scoped, enter, scoped};
use crate::fault::panic_message;
use crate::host::{Backend, BackendError, MissingState, Registration};
use crate::outcome::Encoded;
use crate::registration::RootFuture;
use crate::replay::ROOT;
use crate::wire::{ErrorObject, InvocationInput, Operation, OperationType, limits};

/// How an invocation ended.
#[derive(Debug)]
pub enum Outcome {
    /// The workflow returned; its value as JSON. Empty when it was so large that it was checkpointed instead.
    Succeeded(String),
    /// The workflow returned an error, panicked, or can't go on whatever happens.
    Failed(ErrorObject),
    /// Everything waits for the service. The invocation may be resumed in memory, or dropped and replayed later.
    Pending,
    /// The invocation broke off; invoking again may help. Nothing that was acknowledged is lost.
    Errored(InvocationError),
}

/// Why an invocation broke off.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum InvocationError {
    /// A call to the service failed.
    #[error("the checkpoint service failed: {0}")]
    Backend(#[from] BackendError),
    /// The recorded history doesn't fit the code.
    #[error("non-deterministic replay: {0}")]
    NonDeterministic(String),
    /// The host has no value for one of the workflow's `#[state]` parameters.
    #[error(transparent)]
    MissingState(#[from] MissingState),
    /// The invocation's [deadline](InvocationOptions::deadline) came while something ran.
    #[error(
        "the invocation is out of time while {running} step(s) or pieces of blocking work still run; give the function a longer timeout, or make the step shorter"
    )]
    OutOfTime {
        /// How many bodies and pieces of blocking work ran.
        running: usize,
    },
    /// A codec failed in a way that it calls transient.
    #[error("the codec of {operation} failed for now: {error}")]
    Codec {
        /// The operation, and where it stands.
        operation: String,
        /// What the codec says.
        #[source]
        error: CodecError,
    },
    /// The invocation's input has no EXECUTION operation to take the workflow's input from.
    #[error(
        "the invocation of `{arn}` carries no EXECUTION operation, so the workflow has no input; the service sends it first"
    )]
    NoInput {
        /// ARN of the execution.
        arn: String,
    },
}

/// What the host knows about one invocation beyond its input.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct InvocationOptions {
    /// Treat recorded operations that a returning scope never reached as divergence. Off in production, where they are a
    /// warning; on in the test kit.
    pub strict: bool,
    /// Drop the workflow and replay it from its history after every checkpoint, within the same invocation. For tests: what replay gets
    /// wrong shows at once, and the history stays the one of an undisturbed run.
    pub replay_every_checkpoint: bool,
    /// When the invocation ends whatever runs: it drops the workflow, and with it every body that runs, and breaks off with
    /// [`InvocationError::OutOfTime`]. Steps see it as [`StepContext::deadline`](crate::StepContext::deadline).
    pub deadline: Option<Instant>,
}

/// One invocation of a workflow, running or parked.
///
/// [`run`](Self::run) polls until the workflow returns or everything in it waits for the service. A host that keeps a parked invocation
/// can [`resume`](Self::resume) it without replay; one that drops it starts another later, which replays from the history.
pub struct Invocation<B> {
    registration: Arc<Registration>,
    backend: Arc<B>,
    options: InvocationOptions,
    core: Arc<Core>,
    marker: Option<String>,
    token: String,
    input: Option<String>,
    future: Option<Pin<Box<Scoped<RootFuture>>>>,
    writer: Option<JoinHandle<()>>,
}

impl<B> std::fmt::Debug for Invocation<B> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Invocation")
            .field("arn", &self.core.arn)
            .finish_non_exhaustive()
    }
}

impl<B> Drop for Invocation<B> {
    fn drop(&mut self) {
        self.drop_future();
        if let Some(writer) = self.writer.take() {
            writer.abort();
        }
    }
}

impl<B> Invocation<B> {
    fn drop_future(&mut self) {
        self.core.close();
        // User code's destructors run here: they see no workflow and can do no harm to the process.
        let future = self.future.take();
        let _outside = enter(Current::Outside);
        if catch_unwind(AssertUnwindSafe(|| drop(future))).is_err() {
            tracing::warn!(
                arn = self.core.arn,
                "a destructor in workflow code panicked while its invocation ended"
            );
        }
    }

    fn panicked(&self, message: &str) -> ErrorObject {
        ErrorObject::new(
            "WorkflowPanicked",
            format!(
                "workflow `{}` panicked: {message}",
                self.registration.name()
            ),
        )
    }
}

impl<B: Backend> Invocation<B> {
    /// Prepares an invocation; nothing runs before [`run`](Self::run).
    #[must_use]
    pub fn new(
        registration: Arc<Registration>,
        backend: Arc<B>,
        input: InvocationInput,
        options: InvocationOptions,
    ) -> Self {
        let InvocationInput {
            durable_execution_arn,
            checkpoint_token,
            initial_execution_state,
            ..
        } = input;
        let core = Core::new(
            durable_execution_arn,
            checkpoint_token.clone(),
            registration.definition(),
            registration.retired(),
            backend.cancels_waits(),
            {
                let backend = Arc::clone(&backend);
                move || backend.now()
            },
        );
        if let Some(deadline) = options.deadline {
            // Just made: it is not set yet.
            let _ = core.deadline.set(deadline);
        }
        let mut invocation = Self {
            registration,
            backend,
            options,
            core,
            marker: initial_execution_state
                .next_marker
                .filter(|marker| !marker.is_empty()),
            token: checkpoint_token,
            input: None,
            future: None,
            writer: None,
        };
        invocation.load(initial_execution_state.operations);
        invocation
    }

    fn load(&mut self, mut operations: Vec<Operation>) {
        let execution = operations
            .iter_mut()
            .find(|operation| operation.operation_type == OperationType::Execution);
        if let Some(execution) = execution {
            let details = execution.execution_details.take().unwrap_or_default();
            self.input = Some(details.input_payload.unwrap_or_default());
        }
        self.core.load(operations);
    }

    /// Where the host puts news for this invocation.
    #[must_use]
    pub fn inbox(&self) -> Inbox {
        Inbox::new(&self.core)
    }

    /// A parked invocation goes on: the next invocation's token, and what changed meanwhile.
    pub fn resume(&mut self, token: String, changed: Vec<Operation>) {
        let mut state = self.core.state.lock();
        state.journal.resume(token);
        state.apply(changed);
    }

    /// Runs until the workflow returns, breaks off, or waits for nothing but the service.
    pub async fn run(&mut self) -> Outcome {
        let ended = match self.options.deadline {
            None => self.run_inner().await,
            Some(deadline) => tokio::time::timeout_at(deadline.into(), self.run_inner())
                .await
                .unwrap_or_else(|_| Err(self.out_of_time())),
        };
        match ended {
            Ok(outcome) => outcome,
            Err(Ending::Failed(error)) => Outcome::Failed(error),
            Err(Ending::Errored(error)) => Outcome::Errored(error),
            Err(Ending::Released) => Outcome::Pending,
        }
    }

    async fn run_inner(&mut self) -> Result<Outcome, Ending> {
        while let Some(marker) = self.marker.take() {
            let page = self
                .backend
                .state(&self.token, &marker)
                .await
                .map_err(backend_ending)?;
            self.marker = page.next_marker.filter(|marker| !marker.is_empty());
            self.load(page.operations);
        }
        if self.writer.is_none() {
            let write = writer::write(Arc::clone(&self.core), Arc::clone(&self.backend));
            self.writer = Some(tokio::spawn(write));
        }
        {
            let mut state = self.core.state.lock();
            state.active = true;
            state.wake_writer = true;
        }
        // A task that was only just woken waits behind the one that woke it, where no other thread can get at it. So user code, which may block its
        // thread, starts when the writer is awake.
        self.core.writer.notify_one();
        self.core.writer_awake.notified().await;
        let outcome = self.run_to_rest().await;
        self.core.state.lock().active = false;
        outcome
    }

    async fn run_to_rest(&mut self) -> Result<Outcome, Ending> {
        loop {
            if self.future.is_none() {
                self.future = Some(self.begin()?);
            }
            match self.poll_to_rest().await {
                Rest::Checkpointed => {
                    self.drop_future();
                    self.core.rewind(self.registration.definition());
                }
                Rest::Parked => return Ok(Outcome::Pending),
                Rest::Ended(ending) => {
                    self.drop_future();
                    return Err(ending);
                }
                Rest::Replay => {
                    self.drop_future();
                    self.core.rewind(self.registration.definition());
                }
                Rest::Panicked(message) => {
                    self.drop_future();
                    return Err(Ending::Failed(self.panicked(&message)));
                }
                Rest::Returned(encoded) => {
                    self.drop_future();
                    return self.finish(encoded).await;
                }
            }
        }
    }

    fn out_of_time(&mut self) -> Ending {
        let running = {
            let mut state = self.core.state.lock();
            state.active = false;
            state.running
        };
        self.drop_future();
        Ending::Errored(InvocationError::OutOfTime { running })
    }

    fn begin(&self) -> Result<Pin<Box<Scoped<RootFuture>>>, Ending> {
        let input = self.input.as_deref().ok_or_else(|| {
            Ending::Errored(InvocationError::NoInput {
                arn: self.core.arn.clone(),
            })
        })?;
        // Reading the input and cloning the state run user code.
        let future = match catch_unwind(AssertUnwindSafe(|| self.registration.start(input))) {
            Ok(started) => started?,
            Err(panic) => {
                return Err(Ending::Failed(self.panicked(&panic_message(&*panic))));
            }
        };
        Ok(Box::pin(scoped(Arc::clone(&self.core), ROOT, future)))
    }

    async fn poll_to_rest(&mut self) -> Rest {
        let Self {
            core,
            future,
            options,
            ..
        } = self;
        let Some(future) = future else {
            return Rest::Parked;
        };
        let mut replayed_at = options
            .replay_every_checkpoint
            .then(|| core.state.lock().journal.acknowledged());
        poll_fn(|cx| {
            if let Some(replayed_at) = &mut replayed_at {
                let mut state = core.state.lock();
                state.driver = Some(cx.waker().clone());
                let acknowledged = state.journal.acknowledged();
                let at_rest =
                    state.running == 0 && state.journal.is_idle() && state.ending.is_none();
                if at_rest && *replayed_at != acknowledged {
                    return Poll::Ready(Rest::Checkpointed);
                }
            }
            poll_once(core, future.as_mut(), cx)
        })
        .await
    }

    /// The workflow returned: says so in a form that fits.
    async fn finish(&mut self, encoded: Encoded) -> Result<Outcome, Ending> {
        let left_over = {
            let mut state = self.core.state.lock();
            state.root_returned();
            state.journal.forget_cancels();
            std::mem::take(&mut state.left_over)
        };
        if !left_over.is_empty() {
            let message = format!(
                "workflow `{}` returned without reaching what its history holds: {}",
                self.registration.name(),
                left_over.join(", ")
            );
            if self.options.strict {
                return Err(Ending::Errored(InvocationError::NonDeterministic(message)));
            }
            tracing::warn!(arn = self.core.arn, "{message}");
        }
        quiesce(&self.core).await?;
        match encoded {
            Encoded::Error(error) => Ok(Outcome::Failed(error)),
            Encoded::Value(result) if result.len() <= limits::RESULT_INLINE_MAX => {
                Ok(Outcome::Succeeded(result))
            }
            Encoded::Value(result) => {
                finish_large(&self.core, self.registration.name(), result).await
            }
        }
    }
}

fn backend_ending(error: BackendError) -> Ending {
    if error.is_retryable() {
        Ending::Errored(InvocationError::Backend(error))
    } else {
        Ending::Failed(ErrorObject {
            error_type: Some("StateRejected".to_owned()),
            error_message: Some(error.message),
            ..ErrorObject::default()
        })
    }
}
