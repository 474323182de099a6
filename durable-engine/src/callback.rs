//! [`CallbackHandle`]: completing a workflow's callback from this process.

use std::sync::Arc;

use durable_runtime::wire::ErrorObject;
use serde::Serialize;
use thiserror::Error;

use crate::core::CallbackRefused;
use crate::engine::Engine;
use crate::error::EngineError;

/// A callback could not be completed or kept alive.
#[derive(Clone, Debug, Error)]
#[non_exhaustive]
pub enum CallbackSendError {
    /// There is no such callback, or it is over.
    #[error(transparent)]
    Refused(#[from] CallbackRefused),
    /// The result can't be written as JSON.
    #[error("the callback's result can't be written as JSON: {0}")]
    Value(Arc<serde_json::Error>),
    /// The engine can't record it.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

/// What is sent to a callback.
#[derive(Debug)]
pub(crate) enum CallbackSend {
    Success(Option<String>),
    Failure(ErrorObject),
    Heartbeat,
}

/// A callback that a workflow waits for, by the id it handed out: `engine.callback(id)`.
///
/// Nothing is asked before something is sent. Each call returns once its effect is durable; a callback is completed once, and its first
/// result stands.
#[derive(Clone, Debug)]
pub struct CallbackHandle {
    engine: Engine,
    id: String,
}

impl CallbackHandle {
    pub(crate) fn new(engine: Engine, id: String) -> Self {
        Self { engine, id }
    }

    /// Completes the callback with a value, which goes as JSON.
    ///
    /// # Errors
    /// When there is no such callback, it or its execution is over, or the value is larger than 1 MiB or can't be written as JSON.
    pub async fn succeed<T: Serialize + ?Sized>(&self, value: &T) -> Result<(), CallbackSendError> {
        let result = serde_json::to_string(value)
            .map_err(|error| CallbackSendError::Value(Arc::new(error)))?;
        self.succeed_raw(result).await
    }

    /// Completes the callback with a text as it is, for a workflow that reads it with a codec of its own.
    ///
    /// # Errors
    /// As [`succeed`](Self::succeed).
    pub async fn succeed_raw(&self, result: impl Into<String>) -> Result<(), CallbackSendError> {
        self.send(CallbackSend::Success(Some(result.into()))).await
    }

    /// Completes the callback with an error. The workflow sees its type, message and data as they are here.
    ///
    /// # Errors
    /// As [`succeed`](Self::succeed).
    pub async fn fail(&self, error: ErrorObject) -> Result<(), CallbackSendError> {
        self.send(CallbackSend::Failure(error)).await
    }

    /// Says that whoever is to complete the callback is still at it: its heartbeat timeout begins anew.
    ///
    /// # Errors
    /// When there is no such callback, or it or its execution is over.
    pub async fn heartbeat(&self) -> Result<(), CallbackSendError> {
        self.send(CallbackSend::Heartbeat).await
    }

    async fn send(&self, what: CallbackSend) -> Result<(), CallbackSendError> {
        self.engine.host().send_callback(&self.id, what).await
    }
}
