//! The driver: polls the workflow, and decides when the invocation answers and with what.

use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Instant;

use tokio::task::JoinHandle;

use super::core::{Core, Ending, Manner};
use super::end::{InvocationError, Outcome};
use super::inbox::Inbox;
use super::observe::Observed;
use super::rest::{Rest, poll_once};
use super::writer;
use crate::current::{Current, Scoped, enter, scoped};
use crate::fault::panic_message;
use crate::host::{Backend, BackendError, Registration};
use crate::registration::RootFuture;
use crate::replay::ROOT;
use crate::wire::{ErrorObject, InvocationInput, Operation, OperationType};

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
    /// Only replay: no step's body runs and nothing is written. Where the code would do something new, it waits for ever, so that what runs beside it still
    /// shows whether it fits.
    pub(crate) replay_only: bool,
    /// When the invocation ends whatever runs: it drops the workflow, and with it every body that runs, and breaks off with
    /// [`InvocationError::OutOfTime`]. Steps see it as [`StepContext::deadline`](crate::StepContext::deadline).
    pub deadline: Option<Instant>,
}

/// One invocation of a workflow, running or parked.
///
/// [`run`](Self::run) polls until the workflow returns or everything in it waits for the service. A host that keeps a parked invocation
/// can [`resume`](Self::resume) it without replay; one that drops it starts another later, which replays from the history.
pub struct Invocation<B> {
    pub(super) registration: Arc<Registration>,
    pub(super) backend: Arc<B>,
    pub(super) options: InvocationOptions,
    pub(super) core: Arc<Core>,
    pub(super) observed: Observed,
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
        let sagas = self.core.take_sagas();
        let _outside = enter(Current::Outside);
        if catch_unwind(AssertUnwindSafe(|| drop((future, sagas)))).is_err() {
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
            updated_operation_ids,
        } = input;
        let core = Core::new(
            durable_execution_arn,
            checkpoint_token.clone(),
            registration.definition(),
            registration.retired(),
            Manner {
                cancels_waits: backend.cancels_waits(),
                replay_only: options.replay_only,
            },
            registration.all_plugins(),
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
            observed: Observed::default(),
            marker: initial_execution_state
                .next_marker
                .filter(|marker| !marker.is_empty()),
            token: checkpoint_token,
            input: None,
            future: None,
            writer: None,
        };
        invocation.note_updated(&updated_operation_ids);
        invocation.load(initial_execution_state.operations);
        invocation
    }

    fn load(&mut self, mut operations: Vec<Operation>) {
        let execution = operations
            .iter_mut()
            .find(|operation| operation.operation_type == OperationType::Execution);
        if let Some(execution) = execution {
            self.observed.is_execution(execution);
            let details = execution.execution_details.take().unwrap_or_default();
            self.input = Some(details.input_payload.unwrap_or_default());
        }
        self.core.load(operations);
    }

    /// What the invocation knows.
    pub(crate) const fn core(&self) -> &Arc<Core> {
        &self.core
    }

    /// Where the host puts news for this invocation.
    #[must_use]
    pub fn inbox(&self) -> Inbox {
        Inbox::new(&self.core)
    }

    /// A parked invocation goes on: the next invocation's token, and what changed meanwhile.
    pub fn resume(&mut self, token: String, changed: Vec<Operation>) {
        self.note_changed(&changed);
        let mut state = self.core.state.lock();
        state.journal.resume(token);
        // Not news: plugins are told when the invocation starts.
        let news = state.news.take();
        state.apply(changed);
        state.news = news;
    }

    /// Reads what of the recorded state was not sent with the invocation.
    pub(super) async fn load_in_time(&mut self) -> Result<(), Ending> {
        match self.options.deadline {
            None => self.load_rest().await,
            Some(deadline) => tokio::time::timeout_at(deadline.into(), self.load_rest())
                .await
                .unwrap_or_else(|_| Err(self.out_of_time())),
        }
    }

    async fn load_rest(&mut self) -> Result<(), Ending> {
        while let Some(marker) = self.marker.take() {
            let page = self
                .backend
                .state(&self.token, &marker)
                .await
                .map_err(backend_ending)?;
            self.marker = page.next_marker.filter(|marker| !marker.is_empty());
            self.load(page.operations);
        }
        Ok(())
    }

    /// Runs what is loaded, or only until the invocation's deadline.
    pub(super) async fn run_in_time(&mut self) -> Result<Outcome, Ending> {
        match self.options.deadline {
            None => self.run_loaded().await,
            Some(deadline) => tokio::time::timeout_at(deadline.into(), self.run_loaded())
                .await
                .unwrap_or_else(|_| Err(self.out_of_time())),
        }
    }

    async fn run_loaded(&mut self) -> Result<Outcome, Ending> {
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
                Rest::Restarted(input) => {
                    self.drop_future();
                    return self.hand_over(input).await;
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
        let future = self.started_with(input)?;
        Ok(Box::pin(scoped(Arc::clone(&self.core), ROOT, future)))
    }

    /// The workflow's future for this input.
    pub(super) fn started_with(&self, input: &str) -> Result<RootFuture, Ending> {
        // Reading the input and cloning the state run user code.
        match catch_unwind(AssertUnwindSafe(|| self.registration.start(input))) {
            Ok(started) => started,
            Err(panic) => Err(Ending::Failed(self.panicked(&panic_message(&*panic)))),
        }
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
