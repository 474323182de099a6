//! [`wait_for_callback`]: hands a callback's id out and waits until it is completed.

use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use super::callback::{CallbackId, open};
use super::callback_error::CallbackError;
use super::context::{Context, Record, run};
use super::into_step::IntoStep;
use super::submitter::{Submit, Submitter};
use super::timeouts::Timeouts;
use crate::codec::Codec;
use crate::durable::{Durable, Tuning};
use crate::invocation::op::{CALLBACK, Op, STEP, WAIT_FOR_CALLBACK};
use crate::outcome::{Outcome, Payload, Reader, decode_json, fallible};
use crate::retry::RetryStrategy;
use crate::site::Site;

/// A wait whose submitter nobody has looked at yet; the macro does.
#[doc(hidden)]
#[must_use = "waiting for a callback does nothing unless a workflow awaits it"]
pub struct InlineWaitForCallback<'a, T, Out> {
    submit: Box<dyn Submit<Out> + 'a>,
    wait: Wait<T>,
}

/// How the result is read, and recorded with the wait's own.
struct Wait<T> {
    read: Reader<T>,
    outcome: Outcome<Result<T, CallbackError>>,
}

impl<T, Out> fmt::Debug for InlineWaitForCallback<'_, T, Out> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InlineWaitForCallback")
            .finish_non_exhaustive()
    }
}

/// Opens a callback, hands its id out, and waits for its result: `wait_for_callback(|id| ask(id)).await`.
///
/// The submitter gets the [`CallbackId`] and sends it to whoever shall complete the callback: a call of a `#[step]` function, or an inline body
/// (`|id| async move { … }`). It is a step: it is retried as its own strategy or [`retry`](WaitForCallback::retry) says, and what it returns is not used. When it
/// fails for good, the wait ends with [`CallbackError::SubmitterFailed`], though the callback stays open. All three are recorded in a context of their
/// own. [`create_callback`](crate::create_callback) is for a callback that is opened in one place and awaited in another.
///
/// The result is read as JSON; a callback that is completed without one reads as `null`.
///
/// ```
/// use durable_runtime::prelude::*;
///
/// #[step]
/// async fn ask_manager(id: CallbackId, order: &str) -> Result<()> {
///     println!("may {order} be shipped? answer to {id}");
///     Ok(())
/// }
///
/// #[durable_workflow]
/// async fn ship(order: String) -> Result<bool> {
///     let approved: bool = wait_for_callback(|id| ask_manager(id, &order))
///         .timeout(Duration::from_hours(72))
///         .await?;
///     Ok(approved)
/// }
/// # let _ = ship;
/// ```
pub fn wait_for_callback<'a, T, F, S>(submit: F) -> InlineWaitForCallback<'a, T, S::Output>
where
    T: Payload,
    F: Fn(CallbackId) -> S + Send + 'a,
    S: IntoStep + 'a,
{
    InlineWaitForCallback {
        submit: Box::new(Submitter::new(submit)),
        wait: Wait {
            read: decode_json,
            outcome: fallible(),
        },
    }
}

impl<'a, T, Out> InlineWaitForCallback<'a, T, Out> {
    #[doc(hidden)]
    pub fn __output(&self) -> PhantomData<Out> {
        PhantomData
    }

    #[doc(hidden)]
    pub fn __resolve(self, outcome: Outcome<Out>) -> WaitForCallback<'a, T, Out> {
        WaitForCallback {
            submit: self.submit,
            wait: self.wait,
            outcome,
            timeouts: Timeouts::default(),
            retry: None,
            codec: None,
            tuning: Tuning::default(),
        }
    }
}

/// A callback that is opened, handed out and waited for; see [`wait_for_callback`].
#[must_use = "waiting for a callback does nothing unless a workflow awaits it"]
pub struct WaitForCallback<'a, T, Out> {
    submit: Box<dyn Submit<Out> + 'a>,
    wait: Wait<T>,
    outcome: Outcome<Out>,
    timeouts: Timeouts,
    retry: Option<Box<dyn RetryStrategy>>,
    codec: Option<Arc<dyn Codec>>,
    tuning: Tuning,
}

impl<T, Out> fmt::Debug for WaitForCallback<'_, T, Out> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WaitForCallback").finish_non_exhaustive()
    }
}

impl<T, Out> WaitForCallback<'_, T, Out> {
    tuned_builder!();

    /// How long the outside has to complete the callback, from when it is opened; see
    /// [`CreateCallback::timeout`](crate::CreateCallback::timeout).
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeouts.timeout = Some(timeout);
        self
    }

    /// How long the outside may be silent; see [`CreateCallback::heartbeat_timeout`](crate::CreateCallback::heartbeat_timeout).
    pub fn heartbeat_timeout(mut self, timeout: Duration) -> Self {
        self.timeouts.heartbeat = Some(timeout);
        self
    }

    /// Replaces the submitter's retry strategy.
    pub fn retry(mut self, strategy: impl RetryStrategy) -> Self {
        self.retry = Some(Box::new(strategy));
        self
    }

    /// Reads the result through this, as [`CreateCallback::codec`](crate::CreateCallback::codec) does, and records it through this too.
    pub fn codec(mut self, codec: impl Codec) -> Self {
        self.codec = Some(Arc::new(codec));
        self
    }
}

#[diagnostic::do_not_recommend]
impl<T: Send, Out> Durable for WaitForCallback<'_, T, Out> {
    type Output = Result<T, CallbackError>;
    type __Kind = crate::locked::WaitForCallback;

    fn __operation(
        self,
        site: &'static Site,
        tuning: Tuning,
    ) -> impl Future<Output = Self::Output> + Send {
        let Self {
            submit,
            wait,
            outcome,
            timeouts,
            retry,
            codec,
            tuning: own,
        } = self;
        let tuning = tuning.or(own);
        let name = tuning.display_name(Some(site.key)).unwrap_or_default();
        let context = Context {
            kind: &WAIT_FOR_CALLBACK,
            name: site.key,
            definition: None,
            outcome: wait.outcome,
            tuning,
            codec: codec.clone().map(|codec| Box::new(codec) as Box<dyn Codec>),
            record: Record::Own,
        };
        run(site, context, move || async move {
            let (op, known) = Op::reach_part(site, ("callback", 0), &CALLBACK, &name).await;
            let callback = open(op, known, &timeouts, codec, wait.read).await;
            let (op, known) = Op::reach_part(site, ("submitter", 0), &STEP, &name).await;
            submit
                .submitted(op, known, callback.id(), outcome, retry)
                .await
                .map_err(CallbackError::SubmitterFailed)?;
            callback.settled().await
        })
    }
}
