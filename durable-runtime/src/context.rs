//! [`StepContext`]: what a step's body may know about itself.

use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering, fence};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use blake2::{Blake2b128, Digest};
use tokio::sync::watch;
use uuid::Uuid;

use crate::entropy::entropy;
use crate::invocation::Core;

/// What a step's body may know about itself: which attempt it is, and a key that makes its side effect idempotent.
///
/// A first parameter of type `&StepContext` is filled in by the runtime and is absent at the call.
///
/// ```
/// use durable_runtime::prelude::*;
///
/// #[step]
/// async fn charge(cx: &StepContext, cents: u64) -> Result<String> {
///     Ok(format!("POST /charges amount={cents} Idempotency-Key: {}", cx.idempotency_key()))
/// }
/// # let rt = tokio::runtime::Builder::new_current_thread().build().unwrap();
/// # rt.block_on(async { assert!(charge(5).direct().await.unwrap().contains("amount=5")) });
/// ```
#[derive(Clone, Debug)]
pub struct StepContext(Arc<Inner>);

struct Inner {
    attempt: u32,
    execution_arn: String,
    operation_id: String,
    deadline: Option<Instant>,
    core: Option<Arc<Core>>,
    /// Nobody wants the result any more. Set before those are told who asked, and looked at when somebody asks later.
    over: AtomicBool,
    /// Tells those who asked. Made for the first of them.
    cancelled: OnceLock<watch::Sender<bool>>,
    /// How many pieces of blocking work there are. Made with the first.
    blocking: OnceLock<watch::Sender<usize>>,
    span: tracing::Span,
}

impl std::fmt::Debug for Inner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StepContext")
            .field("attempt", &self.attempt)
            .field("execution_arn", &self.execution_arn)
            .field("operation_id", &self.operation_id)
            .finish_non_exhaustive()
    }
}

impl StepContext {
    pub(crate) fn new(
        core: &Arc<Core>,
        operation_id: String,
        attempt: u32,
        timeout: Option<Duration>,
        span: tracing::Span,
    ) -> Self {
        Self(Arc::new(Inner {
            attempt,
            execution_arn: core.arn.clone(),
            operation_id,
            deadline: earliest(
                timeout.and_then(|timeout| Instant::now().checked_add(timeout)),
                core.deadline.get().copied(),
            ),
            core: Some(Arc::clone(core)),
            over: AtomicBool::new(false),
            cancelled: OnceLock::new(),
            blocking: OnceLock::new(),
            span,
        }))
    }

    /// The context of a body that runs without durability.
    pub(crate) fn detached() -> Self {
        Self(Arc::new(Inner {
            attempt: 1,
            execution_arn: String::new(),
            operation_id: Uuid::from_bytes(entropy()).simple().to_string(),
            deadline: None,
            core: None,
            over: AtomicBool::new(false),
            cancelled: OnceLock::new(),
            blocking: OnceLock::new(),
            span: tracing::Span::none(),
        }))
    }

    /// Which attempt this is, from 1.
    #[must_use]
    pub fn attempt(&self) -> u32 {
        self.0.attempt
    }

    /// The execution's ARN; empty under `.direct()`.
    #[must_use]
    pub fn execution_arn(&self) -> &str {
        &self.0.execution_arn
    }

    /// The operation's id, as in the history.
    #[must_use]
    pub fn operation_id(&self) -> &str {
        &self.0.operation_id
    }

    /// A key for the outside system: the same over retries, replays and crashes of this step, different for every other operation
    /// and every other execution. 32 hex digits.
    ///
    /// BLAKE2b-128 of the execution's ARN, a line feed and the operation's id; frozen with identity `v1`.
    #[must_use]
    pub fn idempotency_key(&self) -> String {
        let mut hash = Blake2b128::new();
        hash.update(self.0.execution_arn.as_bytes());
        hash.update(b"\n");
        hash.update(self.0.operation_id.as_bytes());
        let bytes: [u8; 16] = hash.finalize().into();
        Uuid::from_bytes(bytes).simple().to_string()
    }

    /// When this attempt is given up: by the step's timeout or at the end of the Lambda invocation, whichever is first. `None` when there is neither.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        self.0.deadline
    }

    /// The span that this attempt's events belong to, for a thread or task that the body starts.
    #[must_use]
    pub fn span(&self) -> tracing::Span {
        self.0.span.clone()
    }

    /// Completes when nobody wants the result any more: the attempt timed out, its branch lost a race, or the Lambda invocation is out of time.
    ///
    /// The body's future is dropped then, so this is for work that the body handed to others.
    pub fn cancelled(&self) -> impl Future<Output = ()> + Send + 'static {
        let cancelled = self.0.cancelled.get_or_init(watch::Sender::default);
        // Either this sees that it is over, or `cancel` sees whom to tell.
        fence(Ordering::SeqCst);
        if self.0.over.load(Ordering::SeqCst) {
            cancelled.send_replace(true);
        }
        let mut cancelled = cancelled.subscribe();
        async move {
            // An error: the attempt has gone without that anybody was told to stop.
            if cancelled.wait_for(|cancelled| *cancelled).await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }

    /// Runs blocking work on a thread for it. The runtime waits for its end before it suspends the workflow or tries the step
    /// again; work started in any other way is outside every guarantee.
    ///
    /// # Panics
    /// The returned future panics when `work` did, which makes it a failed attempt.
    pub fn spawn_blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> impl Future<Output = T> + Send + 'static {
        let busy = self.0.core.as_ref().map(Busy::elsewhere);
        let span = self.span();
        let piece = Piece::new(self.0.blocking.get_or_init(watch::Sender::default));
        let handle = tokio::task::spawn_blocking(move || {
            // Dropped from the last to the first: who waits for the piece finds nobody busy.
            let _piece = piece;
            let _busy = busy;
            span.in_scope(work)
        });
        async move {
            match handle.await {
                Ok(value) => value,
                Err(error) => match error.try_into_panic() {
                    Ok(panic) => std::panic::resume_unwind(panic),
                    // The tokio runtime is shutting down: nobody is left to want the value.
                    Err(_) => std::future::pending().await,
                },
            }
        }
    }

    /// The attempt is over.
    pub(crate) fn cancel(&self) {
        self.0.over.store(true, Ordering::SeqCst);
        fence(Ordering::SeqCst);
        if let Some(cancelled) = self.0.cancelled.get() {
            cancelled.send_replace(true);
        }
    }

    /// Completes when all blocking work of this attempt has ended.
    pub(crate) async fn settled(&self) {
        if let Some(blocking) = self.0.blocking.get() {
            // No error: the sender is here.
            let _ = blocking.subscribe().wait_for(|pieces| *pieces == 0).await;
        }
    }
}

fn earliest(a: Option<Instant>, b: Option<Instant>) -> Option<Instant> {
    a.into_iter().chain(b).min()
}

/// A piece of blocking work, counted until dropped: when it has ended or panicked, and when its thread never came.
struct Piece(watch::Sender<usize>);

impl Piece {
    fn new(blocking: &watch::Sender<usize>) -> Self {
        blocking.send_modify(|pieces| *pieces += 1);
        Self(blocking.clone())
    }
}

impl Drop for Piece {
    fn drop(&mut self) {
        self.0
            .send_modify(|pieces| *pieces = pieces.saturating_sub(1));
    }
}

/// Counts a body or a piece of blocking work as running, until dropped.
pub(crate) struct Busy {
    core: Arc<Core>,
    /// Ends outside the driver's poll, which must then look again.
    tells: bool,
}

impl Busy {
    /// A step's body, polled by the driver.
    pub(crate) fn body(core: &Arc<Core>) -> Self {
        Self::new(core, false)
    }

    /// Work on another thread.
    pub(crate) fn elsewhere(core: &Arc<Core>) -> Self {
        Self::new(core, true)
    }

    fn new(core: &Arc<Core>, tells: bool) -> Self {
        core.state.lock().running += 1;
        Self {
            core: Arc::clone(core),
            tells,
        }
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        let mut state = self.core.state.lock();
        state.running = state.running.saturating_sub(1);
        if self.tells {
            state.touch();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn who_asks_when_the_attempt_is_over_is_told_at_once() {
        let context = StepContext::detached();
        let before = context.cancelled();
        context.cancel();
        before.await;
        context.cancelled().await;

        let late = StepContext::detached();
        late.cancel();
        late.cancelled().await;
    }
}
