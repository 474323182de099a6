//! What can go wrong: [`EngineError`] with the engine, [`RunError`] with an execution.

use std::fmt;
use std::sync::Arc;

use durable_runtime::wire::ErrorObject;
use thiserror::Error;

use crate::core::{InvalidStart, RestoreError};
use crate::store::StoreError;

/// The engine can't do what it was asked.
#[derive(Clone, Debug, Error)]
#[non_exhaustive]
pub enum EngineError {
    /// The database can't be opened, read or written.
    #[error(transparent)]
    Store(#[from] Arc<StoreError>),
    /// Nobody registered the workflow with this engine.
    #[error("workflow `{workflow}` is not registered with this engine{}; add `.register({workflow})` before `.start()`", known(.registered))]
    NotRegistered {
        /// The workflow.
        workflow: String,
        /// Those that are registered.
        registered: Vec<String>,
    },
    /// Two workflows, or functions, with one name were registered.
    #[error(
        "two workflows or functions named `{workflow}` were registered; give one of them a name of its own: `#[durable_workflow(name = \"…\")]`"
    )]
    RegisteredTwice {
        /// The name.
        workflow: String,
    },
    /// The id belongs to an execution with another input.
    #[error(
        "`{workflow}` has an execution `{id}` already, with another input: {recorded}; use another id, or the same input to get that execution"
    )]
    IdInUse {
        /// The workflow.
        workflow: String,
        /// The id.
        id: String,
        /// The beginning of the recorded input.
        recorded: String,
    },
    /// The id, the input's size or the timeout is outside the limits.
    #[error(transparent)]
    InvalidStart(#[from] InvalidStart),
    /// The input can't be written as JSON.
    #[error("the input of workflow `{workflow}` can't be written as JSON: {source}")]
    Input {
        /// The workflow.
        workflow: String,
        /// Why.
        source: Arc<serde_json::Error>,
    },
    /// There is no such execution.
    #[error("workflow `{workflow}` has no execution `{id}` in this database")]
    NotFound {
        /// The workflow.
        workflow: String,
        /// The id.
        id: String,
    },
    /// What the database holds of an execution doesn't fit together.
    #[error(transparent)]
    Restore(#[from] RestoreError),
    /// The engine was shut down.
    #[error(
        "the engine was shut down; what was recorded goes on when an engine opens the database again"
    )]
    ShutDown,
}

fn known(registered: &[String]) -> String {
    if registered.is_empty() {
        return ", and no other is".to_owned();
    }
    format!(", which knows {}", registered.join(", "))
}

impl From<StoreError> for EngineError {
    fn from(error: StoreError) -> Self {
        Self::Store(Arc::new(error))
    }
}

/// An execution ended without a value, or can't go on now.
///
/// `E` is the error type of the workflow function.
#[derive(Clone, Debug, Error)]
#[non_exhaustive]
pub enum RunError<E: fmt::Debug + fmt::Display> {
    /// The workflow returned this error.
    #[error(fmt = fmt::Display::fmt)]
    Workflow(E),
    /// The execution failed by something other than an error that the workflow returned: a panic, a step that could not be recorded, an input that doesn't fit.
    #[error("the execution failed: {}", describe(.0))]
    Failed(ErrorObject),
    /// The execution took longer than its timeout.
    #[error("the execution timed out")]
    TimedOut,
    /// Somebody stopped the execution.
    #[error("the execution was stopped: {}", describe(.0))]
    Stopped(ErrorObject),
    /// The recorded history doesn't fit the code. The execution is still there, and goes on under code that fits.
    #[error("{0}")]
    Diverged(String),
    /// The recorded result isn't what the workflow function returns now.
    #[error(
        "the recorded result of execution `{id}` doesn't fit what `{workflow}` returns now: {reason}; keep the type readable for recorded results (`#[serde(default)]`, `#[serde(alias)]`)"
    )]
    Undecodable {
        /// The workflow.
        workflow: String,
        /// The execution.
        id: String,
        /// Why.
        reason: String,
    },
    /// The engine can't run or record it.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

fn describe(error: &ErrorObject) -> String {
    match (&error.error_message, &error.error_type) {
        (Some(message), _) => message.clone(),
        (None, Some(error_type)) => error_type.clone(),
        (None, None) => "no reason was given".to_owned(),
    }
}
