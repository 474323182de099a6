//! [`parallel`]: a list of blocks, made in place or at run time.

use std::fmt;

use super::build::{BatchKind, InlineBatch, ItemFunction, Running};
use crate::durable::{Durable, Tuning};
use crate::invocation::op::{PARALLEL, PARALLEL_BRANCH};
use crate::site::Site;

static KIND: BatchKind = BatchKind {
    batch: &PARALLEL,
    item: &PARALLEL_BRANCH,
    stem: "parallel-branch",
};

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
) -> InlineBatch<'a, ParallelBranch<'a, Out>, Out> {
    let mut branches: Vec<_> = branches.into_iter().collect();
    InlineBatch {
        kind: &KIND,
        names: branches
            .iter_mut()
            .map(|branch| branch.name.take())
            .collect(),
        items: branches,
        function: Box::new(BranchFunction),
    }
}

struct BranchFunction;

impl<'a, Out> ItemFunction<'a, ParallelBranch<'a, Out>, Out> for BranchFunction {
    fn start(
        &self,
        branch: ParallelBranch<'a, Out>,
        _: usize,
        site: &'static Site,
    ) -> Running<'a, Out> {
        (branch.start)(site)
    }
}
