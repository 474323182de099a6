//! [`restart`]: an execution that ends, and one that goes on with a fresh history.

use std::future::{Future, pending};
use std::marker::PhantomData;

use serde::Serialize;

use crate::durable::{Durable, Tuning};
use crate::invocation::op::Here;
use crate::outcome::encode_json;
use crate::replay::ROOT;
use crate::site::Site;
use crate::wire::ErrorObject;

/// The end of an execution whose successor goes on; see [`restart`].
#[derive(Debug)]
#[must_use = "nothing is restarted before this is awaited: `return restart(next).await;`"]
pub struct Restart<T> {
    input: Result<String, String>,
    output: PhantomData<fn() -> T>,
}

/// Ends this execution, and starts the same workflow again with `input` and an empty history: `return restart(next).await;`.
///
/// A history has a size that the service allows, and a replay takes as long as it is large, so a workflow that runs for ever (a poller, a subscription, an
/// agent's conversation) restarts now and then, and hands on what it has to remember.
///
/// ```
/// use durable_runtime::prelude::*;
///
/// #[step]
/// async fn page(cursor: u64) -> Result<Option<u64>> { Ok((cursor < 5).then_some(cursor + 1)) }
///
/// #[durable_workflow]
/// async fn import(mut cursor: u64) -> Result<u64> {
///     for _ in 0..100 {
///         match page(cursor).await? {
///             Some(next) => cursor = next,
///             None => return Ok(cursor),
///         }
///     }
///     return restart(cursor).await;
/// }
/// # let _ = import;
/// ```
///
/// It never gives a value, so it can stand for the value of any type; write `return`, for the compiler has to know which. `input` must be the
/// workflow's own input type; what it can't be read from fails this execution, and starts nothing.
///
/// Exactly one successor comes to be, whatever crashes. Its name is derived from this execution's (`order-42` → `order-42-r2-82ed2b`), it is started under
/// that name first, and this execution ends then. The result recorded for this one is `{"durableRestart":{"v":1,"successor":"<name>"}}`;
/// the embedded engine's `Run::result()` follows it to the last successor's. Nothing else passes from one to the other: compensations that were
/// registered are dropped, and callbacks that nobody awaited end with their execution.
///
/// It belongs in the workflow's own code: an execution can't be restarted from a child, from a branch of `join!`, `try_join!` or `race!`, or from an item of
/// `map`, where others would still run. There it fails the execution with `RestartMisplaced`; so does a workflow that restarts when it is called as
/// another's child.
pub fn restart<I: Serialize, T>(input: I) -> Restart<T> {
    Restart {
        input: encode_json(&input),
        output: PhantomData,
    }
}

#[diagnostic::do_not_recommend]
impl<T: Send> Durable for Restart<T> {
    type Output = T;
    type __Kind = crate::locked::Restart;

    fn __operation(self, site: &'static Site, _: Tuning) -> impl Future<Output = T> + Send {
        let input = self.input;
        async move {
            let here = Here::get(site);
            if here.scope != ROOT {
                here.fail(misplaced(&here, site)).await;
            }
            match input {
                Ok(input) => {
                    here.core.restart(input);
                    pending().await
                }
                Err(reason) => here.fail(not_recordable(&here, site, &reason)).await,
            }
        }
    }
}

fn place(here: &Here, site: &Site) -> String {
    let state = here.core.state.lock();
    let file = state
        .scopes
        .get(here.scope)
        .map_or("", |scope| scope.definition.file());
    format!("`{}` ({file}:{})", site.key, site.line)
}

fn misplaced(here: &Here, site: &Site) -> ErrorObject {
    ErrorObject::new(
        "RestartMisplaced",
        format!(
            "{} ends a whole execution, so it can only stand in the code of the workflow that the execution runs: not in a child, a branch or an item, and not in a workflow that another one called. Return what is to happen, and restart at the top: `return restart(next).await;`",
            place(here, site)
        ),
    )
}

fn not_recordable(here: &Here, site: &Site, reason: &str) -> ErrorObject {
    ErrorObject::new(
        "InputNotRecordable",
        format!(
            "the input given to {} can't be recorded: {reason}",
            place(here, site)
        ),
    )
}
