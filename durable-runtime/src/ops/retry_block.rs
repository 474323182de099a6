//! [`retry_block`]: a part of a workflow that is tried again as a whole.

use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::time::Duration;

use super::context::{Context, Record, run};
use super::sleep::wait;
use super::submitter::BoxFuture;
use crate::codec::Codec;
use crate::current::scoped;
use crate::durable::{Durable, Tuning};
use crate::fault::no_panic;
use crate::invocation::op::{CHILD, Here, Op, WAIT};
use crate::outcome::{Encoded, Outcome};
use crate::replay::ItemKey;
use crate::retry::{Exponential, RetryDecision, RetryStrategy, delay_seconds};
use crate::site::Site;
use crate::wire::ErrorObject;

/// A retry block whose result type nobody has looked at yet; the macro does.
#[doc(hidden)]
#[must_use = "a retry block does nothing unless a workflow awaits it"]
pub struct InlineRetryBlock<'a, Out> {
    name: &'static str,
    body: Box<dyn Repeat<'a, Out> + 'a>,
}

impl<Out> fmt::Debug for InlineRetryBlock<'_, Out> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InlineRetryBlock")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// A part of a workflow that begins again when it fails: `retry_block("name", || async { … }).await`.
///
/// Where a step is retried by itself, this retries several operations together. When the closure's `async` block returns an error, the strategy decides
/// whether it runs again from its top, after a durable wait: every attempt does its operations anew, under identities of its own. The default is the
/// service's own strategy, [`Exponential::new`]. What the last attempt returned is what the block returns. It is recorded in a context, so a replay of a
/// finished block looks at none of its attempts. The name is its key in the workflow and must be a literal.
///
/// ```
/// use durable_runtime::prelude::*;
///
/// #[step(retry = none)]
/// async fn book(seat: u32) -> Result<u64> { Ok(u64::from(seat)) }
///
/// #[step(retry = none)]
/// async fn free_seat() -> Result<u32> { Ok(17) }
///
/// #[durable_workflow]
/// async fn travel() -> Result<u64> {
///     // A seat that was free may be taken by the time it is booked: then look for another.
///     retry_block("seat", || async { book(free_seat().await?).await })
///         .retry(Exponential::new().max_attempts(3))
///         .await
/// }
/// # let _ = travel;
/// ```
pub fn retry_block<'a, F, D>(name: &'static str, function: F) -> InlineRetryBlock<'a, D::Output>
where
    F: Fn() -> D + Send + 'a,
    D: Durable<Output: Send> + Send + 'a,
{
    InlineRetryBlock {
        name,
        body: Box::new(Body(function, PhantomData)),
    }
}

impl<'a, Out> InlineRetryBlock<'a, Out> {
    #[doc(hidden)]
    pub fn __output(&self) -> PhantomData<Out> {
        PhantomData
    }

    #[doc(hidden)]
    pub fn __resolve(self, outcome: Outcome<Out>) -> RetryBlock<'a, Out> {
        RetryBlock {
            name: self.name,
            body: self.body,
            outcome,
            retry: None,
            codec: None,
            tuning: Tuning::default(),
        }
    }
}

/// A part of a workflow that is tried again as a whole; see [`retry_block`].
#[must_use = "a retry block does nothing unless a workflow awaits it"]
pub struct RetryBlock<'a, Out> {
    name: &'static str,
    body: Box<dyn Repeat<'a, Out> + 'a>,
    outcome: Outcome<Out>,
    retry: Option<Box<dyn RetryStrategy>>,
    codec: Option<Box<dyn Codec>>,
    tuning: Tuning,
}

impl<Out> fmt::Debug for RetryBlock<'_, Out> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RetryBlock")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl<Out> RetryBlock<'_, Out> {
    tuned_builder!();

    /// Replaces the retry strategy: [`NoRetry`](crate::NoRetry), [`Exponential`], or a function.
    pub fn retry(mut self, strategy: impl RetryStrategy) -> Self {
        self.retry = Some(Box::new(strategy));
        self
    }

    /// Transforms the recorded result.
    pub fn codec(mut self, codec: impl Codec) -> Self {
        self.codec = Some(Box::new(codec));
        self
    }
}

#[diagnostic::do_not_recommend]
impl<Out: Send> Durable for RetryBlock<'_, Out> {
    type Output = Out;
    type __Kind = crate::locked::RetryBlock;

    fn __operation(self, site: &'static Site, tuning: Tuning) -> impl Future<Output = Out> + Send {
        let Self {
            name,
            body,
            outcome,
            retry,
            codec,
            tuning: own,
        } = self;
        let tuning = tuning.or(own);
        let retry = retry.unwrap_or_else(|| Box::new(Exponential::new()));
        let shown = tuning.display_name(Some(name)).unwrap_or_default();
        let context = Context {
            kind: &CHILD,
            name,
            definition: None,
            outcome,
            tuning,
            codec,
            record: Record::OfAttempts,
        };
        run(site, context, move || async move {
            let mut number = 1;
            let mut body = body;
            loop {
                let out;
                (body, out) = body.attempt(site, number).await;
                let Ok(Encoded::Error(error)) = outcome.encode(&out) else {
                    return out;
                };
                if !backed_off(site, &shown, number, &error, &*retry).await {
                    return out;
                }
                number += 1;
            }
        })
    }
}

/// Something that can run again. Behind this trait, so that a closure that gives nothing durable is reported where it is written, and nowhere else.
trait Repeat<'a, Out>: Send {
    /// Runs once, in the scope of attempt `number`, from 1. Gives itself back, so that it need not be shared between threads.
    fn attempt(
        self: Box<Self>,
        site: &'static Site,
        number: u32,
    ) -> BoxFuture<'a, (Box<dyn Repeat<'a, Out> + 'a>, Out)>;
}

/// The closure of a retry block.
struct Body<F, D>(F, PhantomData<fn() -> D>);

impl<'a, F, D> Repeat<'a, D::Output> for Body<F, D>
where
    F: Fn() -> D + Send + 'a,
    D: Durable<Output: Send> + Send + 'a,
{
    fn attempt(
        self: Box<Self>,
        site: &'static Site,
        number: u32,
    ) -> BoxFuture<'a, (Box<dyn Repeat<'a, D::Output> + 'a>, D::Output)> {
        let here = Here::get(site);
        let index = number - 1;
        let scope = {
            let scopes = &mut here.core.state.lock().scopes;
            scopes.open_item(here.scope, site, index, ItemKey::Index(index), None, false)
        };
        let body = async move {
            let durable = (self.0)();
            let out = durable.__operation(site, Tuning::default()).await;
            (self as Box<dyn Repeat<'a, D::Output> + 'a>, out)
        };
        Box::pin(scoped(here.core.clone(), scope, body))
    }
}

/// Waits until the next attempt; `false` if there is none. The strategy is asked once: on replay the recorded wait is its answer, and where a finished
/// block is rebuilt, that there is none.
async fn backed_off(
    site: &'static Site,
    name: &str,
    number: u32,
    error: &ErrorObject,
    retry: &dyn RetryStrategy,
) -> bool {
    let part = ("backoff", number);
    let Some((id, is_recorded)) = Op::part(site, part) else {
        return false;
    };
    let mut pause = Duration::ZERO;
    if !is_recorded {
        let here = Here::get(site);
        let state = here.core.state.lock();
        if state
            .scopes
            .get(here.scope)
            .is_none_or(|scope| scope.chosen)
        {
            return false;
        }
        drop(state);
        let decision = no_panic(|| retry.decide(error, number)).unwrap_or(RetryDecision::Stop);
        let RetryDecision::RetryAfter(delay) = decision else {
            return false;
        };
        let (jitter, arn) = (retry.delay_jitter(), &here.core.arn);
        let seconds = delay_seconds(delay, jitter, arn, &id.to_string(), number);
        pause = Duration::from_secs(seconds.into());
    }
    let (op, known) = Op::reach_part(site, part, &WAIT, name).await;
    tracing::debug!(
        block = name,
        attempt = number,
        "attempt failed and will be repeated"
    );
    wait(&op, known, pause).await;
    true
}
