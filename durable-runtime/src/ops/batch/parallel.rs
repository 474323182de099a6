//! [`parallel`]: a list of blocks, made in place or at run time.

use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;

use super::build::{BatchKind, InlineBatch, ItemFunction};
use crate::durable::{Durable, Tuning};
use crate::invocation::op::{PARALLEL, PARALLEL_BRANCH};
use crate::site::Site;

static KIND: BatchKind = BatchKind {
    batch: &PARALLEL,
    item: &PARALLEL_BRANCH,
    stem: "parallel-branch",
};

type Running<'a, Out> = Pin<Box<dyn Future<Output = Out> + Send + 'a>>;

/// One block of a [`parallel`]; see [`branch`].
#[must_use = "a branch does nothing but in a `parallel` that a workflow awaits"]
pub struct ParallelBranch<'a, Out> {
    name: Option<String>,
    start: Box<dyn FnOnce(&'static Site) -> Running<'a, Out> + Send + 'a>,
}

impl<Out> fmt::Debug for ParallelBranch<'_, Out> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ParallelBranch")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// One block for [`parallel`], boxed, so that blocks of different kinds go in one array or `Vec`.
pub fn branch<'a, F, D>(function: F) -> ParallelBranch<'a, D::Output>
where
    F: Fn() -> D + Send + 'a,
    D: Durable + Send + 'a,
{
    ParallelBranch {
        name: None,
        start: Box::new(move |site| {
            let durable = function();
            Box::pin(durable.__operation(site, Tuning::default()))
        }),
    }
}

impl<Out> ParallelBranch<'_, Out> {
    /// The name it is displayed under. Without one it is `parallel-branch-0` and so on. The identity is the place in the list whatever its name.
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }
}

/// Does several things side by side: `parallel([branch(|| async { … }), branch(|| async { … })]).await`.
///
/// Each branch is a context of its own in the history. The list may be made at run time. All branches have one result type; where they have not,
/// `join!` and `try_join!` give a tuple, and cost no contexts.
///
/// Awaited, it gives the values in the order of the list: a `Vec<T>`, or a `Result<Vec<T>, E>` where the blocks return a `Result`. The first failure ends it
/// then. See [`Batch`](crate::Batch) for what can be said about it.
///
/// ```
/// use durable_runtime::prelude::*;
///
/// #[step]
/// async fn mail(to: &str) -> Result<()> { let _ = to; Ok(()) }
/// #[step]
/// async fn file(what: &str) -> Result<()> { let _ = what; Ok(()) }
///
/// #[durable_workflow]
/// async fn close(order: String) -> Result<()> {
///     parallel([
///         branch(|| async { mail(&order).await }).named("mail"),
///         branch(|| async {
///             sleep(Duration::from_hours(1)).await;
///             file(&order).await
///         }),
///     ])
///     .await?;
///     Ok(())
/// }
/// # let _ = close;
/// ```
pub fn parallel<'a, Out: 'a>(
    branches: impl IntoIterator<Item = ParallelBranch<'a, Out>>,
) -> InlineBatch<ParallelBranch<'a, Out>, BranchFunction, Out> {
    let mut branches: Vec<_> = branches.into_iter().collect();
    InlineBatch {
        kind: &KIND,
        names: branches
            .iter_mut()
            .map(|branch| branch.name.take())
            .collect(),
        items: branches,
        function: BranchFunction(()),
        output: PhantomData,
    }
}

/// Starts a branch.
#[doc(hidden)]
#[derive(Debug)]
pub struct BranchFunction(());

/// A branch that was started.
#[doc(hidden)]
pub struct StartedBranch<'a, Out>(ParallelBranch<'a, Out>);

impl<Out> fmt::Debug for StartedBranch<'_, Out> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StartedBranch")
    }
}

impl<'a, Out: Send + 'a> ItemFunction<ParallelBranch<'a, Out>> for BranchFunction {
    type Durable = StartedBranch<'a, Out>;

    fn __call(&self, branch: ParallelBranch<'a, Out>, _: usize) -> StartedBranch<'a, Out> {
        StartedBranch(branch)
    }
}

#[diagnostic::do_not_recommend]
impl<Out: Send> Durable for StartedBranch<'_, Out> {
    type Output = Out;

    fn __operation(self, site: &'static Site, _: Tuning) -> impl Future<Output = Out> + Send {
        (self.0.start)(site)
    }
}
