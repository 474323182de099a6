//! The builders: what can be said about a batch before it is awaited.

use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;

use serde::Serialize;

use super::kind::{ItemKind, ItemOutcome};
use super::list::List;
use super::policy::{Policy, Progress};
use super::result::BatchResult;
use super::run::run;
use crate::canonical::canonical_json;
use crate::codec::Codec;
use crate::durable::{Durable, Tuning};
use crate::invocation::op::OpKind;
use crate::outcome::Outcome;
use crate::site::Site;

/// An item that runs.
pub(super) type Running<'a, Out> = Pin<Box<dyn Future<Output = Out> + Send + 'a>>;

/// Starts one item. Behind this trait, so that a closure that gives nothing durable is reported where it is written, and nowhere else.
pub(super) trait ItemFunction<'a, T, Out>: Send + Sync {
    fn start(&self, item: T, index: usize, site: &'static Site) -> Running<'a, Out>;
}

/// What a batch is on the wire.
#[derive(Debug)]
pub(super) struct BatchKind {
    pub(super) batch: &'static OpKind,
    pub(super) item: &'static OpKind,
    /// The start of an item's name.
    pub(super) stem: &'static str,
}

/// A batch whose items' result type nobody has looked at yet; the macro does.
#[doc(hidden)]
#[must_use = "a batch does nothing unless a workflow awaits it"]
pub struct InlineBatch<'a, T, Out> {
    pub(super) kind: &'static BatchKind,
    pub(super) items: Vec<T>,
    pub(super) names: Vec<Option<String>>,
    pub(super) function: Box<dyn ItemFunction<'a, T, Out> + 'a>,
}

impl<T, Out> fmt::Debug for InlineBatch<'_, T, Out> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InlineBatch").finish_non_exhaustive()
    }
}

impl<'a, T, Out> InlineBatch<'a, T, Out> {
    #[doc(hidden)]
    pub fn __output(&self) -> PhantomData<Out> {
        PhantomData
    }

    #[doc(hidden)]
    pub fn __resolve<K: ItemKind<Out = Out>>(self, outcome: ItemOutcome<K>) -> Batch<'a, T, K> {
        Batch {
            kind: self.kind,
            list: List {
                len: self.items.len(),
                keys: None,
                names: self.names,
                stem: self.kind.stem,
            },
            items: self.items,
            function: self.function,
            outcome: outcome.0,
            settings: Settings::default(),
            goal: FailFast(()),
        }
    }
}

/// How a batch is carried out.
#[derive(Default)]
pub(super) struct Settings {
    pub(super) tuning: Tuning,
    pub(super) concurrency: Option<usize>,
    pub(super) flat: bool,
    pub(super) item_codec: Option<Box<dyn Codec>>,
    pub(super) codec: Option<Box<dyn Codec>>,
}

/// A [`map`](crate::map()) or a [`parallel`](crate::parallel()), not started yet.
///
/// Awaited, it gives the items' values in the order of the list: a `Vec<T>`, or a `Result<Vec<T>, E>` where an item can fail. The first failure ends it
/// then, and what still runs is abandoned. [`settled`](Self::settled) gives what became of each item instead.
#[must_use = "a batch does nothing unless a workflow awaits it"]
pub struct Batch<'a, T, K: ItemKind, G = FailFast> {
    pub(super) kind: &'static BatchKind,
    pub(super) items: Vec<T>,
    pub(super) list: List,
    pub(super) function: Box<dyn ItemFunction<'a, T, K::Out> + 'a>,
    pub(super) outcome: Outcome<K::Out>,
    pub(super) settings: Settings,
    pub(super) goal: G,
}

/// Of a batch that ends at the first failure.
#[derive(Debug)]
pub struct FailFast(());

/// Of a batch that gives what became of each item; see [`Batch::settled`].
pub struct Settled<U = Never> {
    policy: Policy,
    until: U,
}

impl<U> fmt::Debug for Settled<U> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settled")
            .field("policy", &self.policy)
            .finish_non_exhaustive()
    }
}

impl<T, K: ItemKind, G> fmt::Debug for Batch<'_, T, K, G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Batch")
            .field("items", &self.list.len)
            .finish_non_exhaustive()
    }
}

impl<'a, T, K: ItemKind, G> Batch<'a, T, K, G> {
    /// See [`Durable::named`].
    pub fn named(mut self, name: &'static str) -> Self {
        self.settings.tuning.set_name(name);
        self
    }

    /// See [`Durable::label`].
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.settings.tuning.set_label(label);
        self
    }

    /// Runs at most so many items at once; without this, all of them. Items start in the order of the list, and one that waits keeps its place, so with 1
    /// they run strictly one after the other. 0 fails the execution.
    pub fn concurrency(mut self, most: usize) -> Self {
        self.settings.concurrency = Some(most);
        self
    }

    /// Names the items for people: from the item and its index. Without this they are called `map-item-0` or `parallel-branch-0` and so on.
    pub fn item_name<N: Into<String>>(mut self, name: impl Fn(&T, usize) -> N) -> Self {
        let items = self.items.iter().enumerate();
        self.list.names = items
            .map(|(index, item)| Some(name(item, index).into()))
            .collect();
        self
    }

    /// Identifies the items by a key instead of by their place in the list, so that an item keeps what was recorded for it when the list comes in
    /// another order. Two items with one key fail the execution before anything is started.
    pub fn keyed<Q: Serialize>(mut self, key: impl Fn(&T) -> Q) -> Self {
        let keys = self.items.iter().map(|item| canonical_json(&key(item)));
        self.list.keys = Some(keys.collect());
        self
    }

    /// Runs the items without contexts of their own: their operations stand directly under the batch in the history. Two records fewer for
    /// each item; in exchange an item that has finished runs again on replay, from the records of its operations, until the whole batch has.
    pub fn flat(mut self) -> Self {
        self.settings.flat = true;
        self
    }

    /// Transforms the recorded result of each item.
    pub fn item_codec(mut self, codec: impl Codec) -> Self {
        self.settings.item_codec = Some(Box::new(codec));
        self
    }

    /// Transforms the recorded result of the whole batch. The codec gets the JSON array of all results when every item has succeeded; with
    /// [`keyed`](Self::keyed) or [`settled`](Self::settled) items, and after a failure, an object that says what became of each.
    pub fn codec(mut self, codec: impl Codec) -> Self {
        self.settings.codec = Some(Box::new(codec));
        self
    }

    /// Gives the goal to another builder's type.
    fn towards<H>(self, goal: impl FnOnce(G) -> H) -> Batch<'a, T, K, H> {
        Batch {
            kind: self.kind,
            items: self.items,
            list: self.list,
            function: self.function,
            outcome: self.outcome,
            settings: self.settings,
            goal: goal(self.goal),
        }
    }
}

impl<'a, T, K: ItemKind> Batch<'a, T, K> {
    /// Gives a [`BatchResult`] with what became of each item, instead of the values or the first error, and goes on after failures as far as
    /// the policy says that the methods from here on make; to the end without one.
    ///
    /// Of several reasons to end early the first one here counts: too many failures, every item has ended, enough successes, the caller's own.
    /// Items that run then are abandoned, and items that were not started leave nothing behind.
    pub fn settled(self) -> Batch<'a, T, K, Settled> {
        self.towards(|_| Settled {
            policy: Policy::default(),
            until: Never(()),
        })
    }
}

impl<'a, T, K: ItemKind, U> Batch<'a, T, K, Settled<U>> {
    /// Ends the batch when so many items have succeeded. 0, or more than there are items, fails the execution before anything is started.
    pub fn min_successful(mut self, items: usize) -> Self {
        self.goal.policy.min_successful = Some(items);
        self
    }

    /// Ends the batch when more than so many items have failed.
    pub fn tolerate_failures(mut self, items: usize) -> Self {
        self.goal.policy.tolerated_failures = Some(items);
        self
    }

    /// Ends the batch when more than this share of all items has failed, in percent from 0 to 100; anything else fails the execution before
    /// anything is started.
    pub fn tolerate_failure_percentage(mut self, percent: f64) -> Self {
        self.goal.policy.tolerated_percentage = Some(percent);
        self
    }

    /// Ends the batch when this says so; asked whenever an item has ended, and only if nothing else ends the batch.
    ///
    /// ```
    /// use durable_runtime::prelude::*;
    ///
    /// #[step]
    /// async fn vote(voter: &str) -> Result<bool> { Ok(voter.len() > 3) }
    ///
    /// #[durable_workflow]
    /// async fn poll(voters: Vec<String>) -> Result<usize> {
    ///     let votes = map(&voters, |voter| async move { vote(voter).await })
    ///         .settled()
    ///         .until(|progress| progress.succeeded * 2 > progress.total)
    ///         .await;
    ///     Ok(votes.succeeded().filter(|vote| **vote).count())
    /// }
    /// # let _ = poll;
    /// ```
    pub fn until<P>(self, enough: P) -> Batch<'a, T, K, Settled<P>>
    where
        P: Fn(&Progress) -> bool + Send,
    {
        self.towards(|goal| Settled {
            policy: goal.policy,
            until: enough,
        })
    }
}

#[diagnostic::do_not_recommend]
impl<T: Send, K: ItemKind> Durable for Batch<'_, T, K> {
    type Output = K::Collected;
    type __Kind = crate::locked::Batch;

    async fn __operation(self, site: &'static Site, tuning: Tuning) -> K::Collected {
        let batch = self.towards(|_| Goal {
            policy: Policy::FAIL_FAST,
            until: Never(()),
            is_plain: true,
        });
        K::collected(run(batch, site, tuning).await.into_result())
    }
}

#[diagnostic::do_not_recommend]
impl<T: Send, K: ItemKind, U: Until> Durable for Batch<'_, T, K, Settled<U>> {
    type Output = BatchResult<K::Value, K::Error>;
    type __Kind = crate::locked::Batch;

    async fn __operation(self, site: &'static Site, tuning: Tuning) -> Self::Output {
        let batch = self.towards(|Settled { policy, until }| Goal {
            policy,
            until,
            is_plain: false,
        });
        run(batch, site, tuning).await
    }
}

/// When a batch is complete, and what is asked of it then.
pub(super) struct Goal<U> {
    pub(super) policy: Policy,
    pub(super) until: U,
    /// Nobody asks for more than the values.
    pub(super) is_plain: bool,
}

/// Says when a batch has got far enough.
#[doc(hidden)]
pub trait Until: Send {
    #[doc(hidden)]
    fn __is_met(&self, progress: &Progress) -> bool;
}

impl<P: Fn(&Progress) -> bool + Send> Until for P {
    fn __is_met(&self, progress: &Progress) -> bool {
        self(progress)
    }
}

/// Of a batch that nobody ends early.
#[doc(hidden)]
#[derive(Debug)]
pub struct Never(());

impl Until for Never {
    fn __is_met(&self, _: &Progress) -> bool {
        false
    }
}
