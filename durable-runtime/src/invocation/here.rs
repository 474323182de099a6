//! [`Here`]: where the code stands.

use std::convert::Infallible;
use std::future::pending;
use std::sync::Arc;

use super::InvocationError;
use super::core::{Core, Ending};
use crate::current::{Current, current};
use crate::durable::Tuning;
use crate::replay::{Divergence, Place, ScopeIndex};
use crate::site::{Definition, OnDivergence, Site};
use crate::wire::ErrorObject;

/// Where the code stands: an invocation and a scope in it.
#[derive(Clone)]
pub(crate) struct Here {
    pub(crate) core: Arc<Core>,
    pub(crate) scope: ScopeIndex,
}

impl Here {
    /// The scope that is being polled.
    ///
    /// # Panics
    /// In a step's body and outside any workflow, where nothing can be recorded. The type system rejects nearly all of it; what it
    /// can't see (a durable value carried into a step's body) ends here, and a step that panics is a failed attempt.
    #[expect(
        clippy::panic,
        reason = "a durable operation where none can run has no value to give"
    )]
    pub(crate) fn get(site: &Site) -> Self {
        match current() {
            Current::Workflow(core, scope) => Self { core, scope },
            Current::InStep => panic!(
                "`{}` is a durable operation inside a step's body [DW015]; a step is recorded as a whole, so call `.direct()`, or make the caller a child workflow",
                site.key
            ),
            Current::Outside => panic!(
                "`{}` is a durable operation and no workflow is running here [DW002]; start the workflow on an engine, or call `.direct()`",
                site.key
            ),
        }
    }

    /// Counts the reach of a site that records nothing by itself (a combinator).
    pub(crate) async fn place(&self, site: &'static Site, tuning: &Tuning) -> Place {
        let place = tuning.key().and_then(|key| {
            self.core
                .state
                .lock()
                .place(self.scope, site, key)
                .ok_or_else(|| "its scope is closed".to_owned())
        });
        match place {
            Ok(place) => place,
            Err(reason) => self.fail(bad_key(site, &reason)).await,
        }
    }

    /// Ends the invocation. Never returns: the driver drops the future.
    pub(crate) async fn end(&self, ending: Ending) -> ! {
        self.core.end(ending);
        pending().await
    }

    pub(crate) async fn fail(&self, error: ErrorObject) -> ! {
        let rescue = {
            let state = self.core.state.lock();
            let scope = state.scopes.get(self.scope);
            scope.and_then(|scope| scope.lineage.rescue())
        };
        match rescue {
            // Of a compensation, which drops this and goes on with the next.
            Some(rescue) => {
                rescue.set(error);
                pending().await
            }
            None => self.end(Ending::Failed(error)).await,
        }
    }

    /// Whether the code runs again only to find out what an abandoned branch did.
    pub(crate) fn is_ghost(&self) -> bool {
        self.core.state.lock().scopes.is_ghost(self.scope)
    }

    /// Ends the invocation because of a divergence; without one the code only waits for ever. Never returns.
    pub(crate) async fn diverge(
        &self,
        definition: &'static Definition,
        divergence: impl Into<Option<Divergence>>,
    ) -> ! {
        let Some(divergence) = divergence.into() else {
            match pending::<Infallible>().await {}
        };
        let message = divergence.to_string();
        let workflow = {
            let state = self.core.state.lock();
            let scope = state.scopes.get(self.scope);
            scope.map_or(definition, |scope| scope.workflow)
        };
        let ending = match workflow.on_divergence() {
            OnDivergence::Retry => Ending::Errored(InvocationError::NonDeterministic(message)),
            OnDivergence::Fail => Ending::Failed(ErrorObject {
                error_type: Some("NonDeterministic".to_owned()),
                error_message: Some(message),
                ..ErrorObject::default()
            }),
        };
        self.end(ending).await
    }
}

fn bad_key(site: &Site, reason: &str) -> ErrorObject {
    ErrorObject {
        error_type: Some("InvalidKey".to_owned()),
        error_message: Some(format!(
            "the key given to `{}` with `.keyed(..)` can't be used: {reason}",
            site.key
        )),
        ..ErrorObject::default()
    }
}
