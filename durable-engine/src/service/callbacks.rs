//! What completes a callback from outside.

use durable_runtime::wire::ErrorObject;

use super::{Service, ServiceError};
use crate::callback::{CallbackSend, CallbackSendError};

impl Service {
    /// SendDurableExecutionCallbackSuccess: completes a callback with a result, byte for byte.
    ///
    /// # Errors
    /// [`ResourceNotFound`](ServiceError::ResourceNotFound) when no execution gave that id out;
    /// [`CallbackTimeout`](ServiceError::CallbackTimeout) when the callback or its execution is over;
    /// [`InvalidParameterValue`](ServiceError::InvalidParameterValue) when the result is larger than 1 MiB.
    pub async fn succeed_callback(
        &self,
        id: &str,
        result: Option<String>,
    ) -> Result<(), ServiceError> {
        self.send_callback(id, CallbackSend::Success(result)).await
    }

    /// SendDurableExecutionCallbackFailure: completes a callback with an error, as it is.
    ///
    /// # Errors
    /// As [`succeed_callback`](Self::succeed_callback).
    pub async fn fail_callback(&self, id: &str, error: ErrorObject) -> Result<(), ServiceError> {
        self.send_callback(id, CallbackSend::Failure(error)).await
    }

    /// SendDurableExecutionCallbackHeartbeat: the callback's heartbeat timeout begins anew.
    ///
    /// # Errors
    /// As [`succeed_callback`](Self::succeed_callback).
    pub async fn heartbeat_callback(&self, id: &str) -> Result<(), ServiceError> {
        self.send_callback(id, CallbackSend::Heartbeat).await
    }

    async fn send_callback(&self, id: &str, what: CallbackSend) -> Result<(), ServiceError> {
        let sent = self.host().send_callback(id, what).await;
        sent.map_err(|error| match error {
            CallbackSendError::Refused(refused) => refused.into(),
            CallbackSendError::Engine(error) => error.into(),
            error @ CallbackSendError::Value(_) => {
                ServiceError::InvalidParameterValue(error.to_string())
            }
        })
    }
}
