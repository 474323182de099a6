//! [`Durable`]: what a workflow may await, and the adapters that work on all of it.

use std::future::Future;
use std::pin::Pin;

use serde::Serialize;
use smol_str::SmolStr;

use crate::canonical::canonical_json;
use crate::locked;
use crate::ops::{Branch, branch};
use crate::site::Site;

/// An operation that a workflow can await: it is recorded, and replayed from its record.
///
/// Not implemented by hand. Steps, sleeps, child workflows, combinators and `async` blocks of a workflow are durable; a
/// plain future is not, because nothing would remember its result after a crash.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not durable, so a workflow can't await it [DW001]",
    label = "its result would be lost at the next replay",
    note = "put it in a step: mark the function `#[step]`, or write `step(\"name\", || async {{ … }}).await`"
)]
pub trait Durable: Sized {
    /// What awaiting it gives.
    type Output;

    /// What kind of operation it is, for the lock file.
    #[doc(hidden)]
    type __Kind;

    /// Runs the operation at its place in the text.
    #[doc(hidden)]
    fn __operation(
        self,
        site: &'static Site,
        tuning: Tuning,
    ) -> impl Future<Output = Self::Output> + Send;

    /// Awaits it at a site: every `.await` of a workflow becomes a call of this.
    ///
    /// A method, and no function with a bound: what a method of a trait that is not implemented returns has no type, so the compiler
    /// reports the missing implementation once, and nothing behind it.
    #[doc(hidden)]
    fn __at(self, site: &'static Site) -> impl Future<Output = Self::Output> + Send {
        self.__operation(site, Tuning::default())
    }

    /// Gives it back, where the lock file has a `K` at its site. A method for the same reason: what is not durable is reported as that, once.
    #[doc(hidden)]
    fn __is_kind<K>(self) -> Self
    where
        Self::__Kind: locked::LockedAs<K>,
    {
        self
    }

    /// Gives it back where it is a branch of `try_join!`, which needs a `Result`. What it gives is a projection, so that a branch without one has no type,
    /// and is reported once.
    #[doc(hidden)]
    fn __fallible(self) -> <Self::Output as FallibleBranch>::Of<Self>
    where
        Self::Output: FallibleBranch,
    {
        <Self::Output as FallibleBranch>::of(self)
    }

    /// The same for an `async` block, whose result may be known only from what is done with it: a projection would ask too early.
    #[doc(hidden)]
    fn __fallible_block(self) -> Self
    where
        Self::Output: FallibleBranch,
    {
        self
    }

    /// Makes it a combinator's branch; a method for the same reason.
    #[doc(hidden)]
    fn __branch(
        self,
        site: &'static Site,
        key: &'static str,
    ) -> Branch<impl Durable<Output = Self::Output> + Send>
    where
        Self: Send,
    {
        branch(self, site, key)
    }

    /// Gives this call a name of its own: its key in the workflow and the name it is displayed under.
    ///
    /// The name must be a literal, because the key is part of the operation's identity. Two calls of one step in a workflow need one each.
    fn named(self, name: &'static str) -> Tuned<Self> {
        Tuned {
            durable: self,
            tuning: Tuning::default(),
        }
        .named(name)
    }

    /// Sets the displayed name at run time, without touching the identity. Characters that the service doesn't take become `?`.
    fn label(self, label: impl Into<String>) -> Tuned<Self> {
        Tuned {
            durable: self,
            tuning: Tuning::default(),
        }
        .label(label)
    }

    /// Identifies this call by a key instead of by how often its place was reached: what a loop over items wants, so that inserting or
    /// removing an item shifts no other.
    fn keyed(self, key: impl Serialize) -> Tuned<Self> {
        Tuned {
            durable: self,
            tuning: Tuning::default(),
        }
        .keyed(key)
    }
}

/// For rust-analyzer, which sets this `cfg`, and for no compiler. In an editor the macros leave `.await` as it is written, so that completion works behind it,
/// and behind an operation `await` itself is offered.
#[cfg(rust_analyzer)]
impl<D: Durable> std::future::IntoFuture for D {
    type Output = D::Output;
    type IntoFuture = std::future::Pending<D::Output>;

    fn into_future(self) -> Self::IntoFuture {
        std::future::pending()
    }
}

/// What a branch of `try_join!` gives: a `Result`.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "a branch of `try_join!` has to give a `Result`, and this one gives `{Self}` [DW001]",
    label = "there is no error to stop for",
    note = "use `join!` where no branch can fail, or wrap this one: `label => async {{ let value = ….await; Ok(value) }}`"
)]
pub trait FallibleBranch {
    /// `D` itself.
    type Of<D>;

    /// Gives it back.
    fn of<D>(durable: D) -> Self::Of<D>;
}

impl<T, E> FallibleBranch for Result<T, E> {
    type Of<D> = D;

    fn of<D>(durable: D) -> D {
        durable
    }
}

/// What a call site says about its operation besides what it is.
#[doc(hidden)]
#[derive(Clone, Debug, Default)]
pub struct Tuning {
    name: Option<&'static str>,
    label: Option<SmolStr>,
    key: Option<Result<String, String>>,
}

/// The service takes names of 1 to 256 printable ASCII characters.
fn printable(label: &str) -> String {
    let limit = crate::wire::limits::OPERATION_NAME_MAX;
    label
        .chars()
        .take(limit)
        .map(|c| if matches!(c, ' '..='~') { c } else { '?' })
        .collect()
}

impl Tuning {
    pub(crate) fn set_name(&mut self, name: &'static str) {
        self.name = Some(name);
    }

    pub(crate) fn set_label(&mut self, label: impl Into<String>) {
        let label = printable(&label.into());
        self.label = (!label.is_empty()).then(|| label.into());
    }

    pub(crate) fn set_key(&mut self, key: impl Serialize) {
        self.key = Some(canonical_json(&key));
    }

    /// The key's canonical JSON; "" when there is none.
    pub(crate) fn key(&self) -> Result<&str, String> {
        match &self.key {
            None => Ok(""),
            Some(Ok(key)) => Ok(key),
            Some(Err(reason)) => Err(reason.clone()),
        }
    }

    pub(crate) fn has_key(&self) -> bool {
        self.key.is_some()
    }

    pub(crate) fn display_name(&self, default: Option<&str>) -> Option<SmolStr> {
        self.label
            .clone()
            .or_else(|| self.name.or(default).map(SmolStr::new))
    }

    /// What an outer adapter said comes first.
    pub(crate) fn or(self, inner: Self) -> Self {
        Self {
            name: self.name.or(inner.name),
            label: self.label.or(inner.label),
            key: self.key.or(inner.key),
        }
    }
}

/// A durable operation with a name, a label or a key.
#[derive(Debug)]
#[must_use = "durable operations do nothing unless a workflow awaits them"]
pub struct Tuned<D> {
    durable: D,
    tuning: Tuning,
}

impl<D: Durable> Tuned<D> {
    /// See [`Durable::named`].
    pub fn named(mut self, name: &'static str) -> Self {
        self.tuning.set_name(name);
        self
    }

    /// See [`Durable::label`].
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.tuning.set_label(label);
        self
    }

    /// See [`Durable::keyed`].
    pub fn keyed(mut self, key: impl Serialize) -> Self {
        self.tuning.set_key(key);
        self
    }
}

#[diagnostic::do_not_recommend]
impl<D: Durable + Send> Durable for Tuned<D> {
    type Output = D::Output;
    type __Kind = D::__Kind;

    fn __operation(
        self,
        site: &'static Site,
        tuning: Tuning,
    ) -> impl Future<Output = Self::Output> + Send {
        self.durable.__operation(site, tuning.or(self.tuning))
    }
}

/// Recursion needs a box: `Box::pin(audit(x)).await`.
#[diagnostic::do_not_recommend]
impl<D: Durable + Send + Unpin> Durable for Pin<Box<D>> {
    type Output = D::Output;
    type __Kind = D::__Kind;

    fn __operation(
        self,
        site: &'static Site,
        tuning: Tuning,
    ) -> impl Future<Output = Self::Output> + Send {
        // Boxed here, or the future of a workflow that calls itself would have to hold itself.
        boxed((*Pin::into_inner(self)).__operation(site, tuning))
    }
}

async fn boxed<F: Future + Send>(future: F) -> F::Output {
    Box::pin(future).await
}

/// An `async` block of a workflow: durable, and no `Future`, so that nothing but our own combinators can run it.
///
/// Boxed: a combinator's future holds each of its branches several times over, and what is nested would multiply that by itself.
#[doc(hidden)]
#[must_use = "durable operations do nothing unless a workflow awaits them"]
#[derive(Debug)]
pub struct Block<F>(Pin<Box<F>>);

/// Every `async` block of a workflow is wrapped in this.
#[doc(hidden)]
pub fn block<F: Future + Send>(future: F) -> Block<F> {
    Block(Box::pin(future))
}

#[diagnostic::do_not_recommend]
impl<F: Future + Send> Durable for Block<F> {
    type Output = F::Output;
    type __Kind = locked::Block;

    fn __operation(self, _: &'static Site, _: Tuning) -> impl Future<Output = F::Output> + Send {
        // Its operations are its own; the block itself is no operation and makes no scope.
        self.0
    }
}
