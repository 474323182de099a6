//! A call of a `#[durable_helper]`: a part of the workflow that calls it, under a scope of its own and without a record.

use std::fmt;
use std::future::Future;

use super::body::{OnceBody, StepBody};
use super::context::MAX_DEPTH;
use crate::context::StepContext;
use crate::current::scoped;
use crate::durable::{Durable, Tuning};
use crate::invocation::op::Here;
use crate::site::{Definition, Site};
use crate::wire::ErrorObject;

/// A call of an async `#[durable_helper]`, not yet made.
///
/// Awaited in a workflow it runs as a part of it: its operations stand in the workflow's own history, under the helper's name and the key of the call, and
/// the call itself records nothing. So it costs nothing, and what it returns can be of any type.
#[must_use = "a helper does nothing unless a workflow awaits it"]
pub struct HelperCall<B: StepBody> {
    definition: &'static Definition,
    body: B,
}

impl<B: StepBody> Unpin for HelperCall<B> {}

impl<B: StepBody> fmt::Debug for HelperCall<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HelperCall")
            .field("name", &self.definition.name())
            .finish_non_exhaustive()
    }
}

/// Called by generated code only.
#[doc(hidden)]
pub fn new_helper<A, F, Fut>(
    definition: &'static Definition,
    arguments: A,
    function: F,
) -> HelperCall<OnceBody<A, F>>
where
    A: Send,
    F: FnOnce(A) -> Fut + Send,
    Fut: Future<Output: Send> + Send,
{
    HelperCall {
        definition,
        body: OnceBody::new(arguments, function),
    }
}

#[diagnostic::do_not_recommend]
impl<B: StepBody> Durable for HelperCall<B> {
    type Output = B::Output;
    type __Kind = crate::locked::Helper;

    async fn __operation(self, site: &'static Site, tuning: Tuning) -> B::Output {
        let Self {
            definition,
            mut body,
        } = self;
        let here = Here::get(site);
        let place = here.place(site, &tuning).await;
        let (scope, depth) = {
            let state = &mut *here.core.state.lock();
            state.history.retire(definition.retired());
            let key = tuning.key().unwrap_or_default();
            let scopes = &mut state.scopes;
            let scope = scopes.open_helper(here.scope, site, key, place.n, definition);
            (scope, scopes.get(scope).map_or(0, |scope| scope.depth))
        };
        if depth > MAX_DEPTH {
            here.fail(too_deep(definition)).await;
        }
        let body = async move {
            match body.__start(StepContext::detached()) {
                Some(future) => future.await,
                // A body that was never started can be.
                None => std::future::pending().await,
            }
        };
        scoped(here.core.clone(), scope, body).await
    }
}

fn too_deep(definition: &Definition) -> ErrorObject {
    ErrorObject {
        error_type: Some("TooDeep".to_owned()),
        error_message: Some(format!(
            "the helper `{}` is nested more than {MAX_DEPTH} calls deep; use a loop",
            definition.name()
        )),
        ..ErrorObject::default()
    }
}
