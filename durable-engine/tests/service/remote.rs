//! A workflow behind the service, as a Lambda function runs one: it gets an invocation envelope and calls back with checkpoints.

use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use durable_engine::service::Service;
use durable_engine::{Function, FunctionError, FunctionRequest, ServiceError};
use durable_runtime::host::{
    Backend, BackendError, BackendErrorKind, Checkpointed, Invocation, InvocationOptions, Outcome,
    Registration, StatePage,
};
use durable_runtime::wire::{
    ErrorObject, InvocationInput, InvocationOutput, OperationUpdate, Timestamp,
};
use futures_util::future::BoxFuture;

/// Where remote functions find the service, once there is one.
#[derive(Clone, Default)]
pub(crate) struct Endpoint(Arc<OnceLock<Service>>);

impl Endpoint {
    pub(crate) fn serve(&self, service: Service) {
        assert!(self.0.set(service).is_ok(), "one service each");
    }

    pub(crate) fn service(&self) -> Service {
        self.0.get().unwrap().clone()
    }
}

/// A workflow that runs as a durable function.
pub(crate) struct Remote {
    registration: Arc<Registration>,
    endpoint: Endpoint,
}

impl Remote {
    pub(crate) fn new(registration: Registration, endpoint: &Endpoint) -> Self {
        Self {
            registration: Arc::new(registration),
            endpoint: endpoint.clone(),
        }
    }
}

impl Function for Remote {
    fn invoke(&self, request: FunctionRequest) -> BoxFuture<'_, Result<Bytes, FunctionError>> {
        Box::pin(async move {
            let input: InvocationInput = serde_json::from_slice(&request.payload).unwrap();
            let backend = Arc::new(Remoted {
                arn: input.durable_execution_arn.clone(),
                service: self.endpoint.service(),
            });
            let mut invocation = Invocation::new(
                Arc::clone(&self.registration),
                backend,
                input,
                InvocationOptions::default(),
            );
            let output = match invocation.run().await {
                Outcome::Succeeded(result) => InvocationOutput::succeeded(result),
                Outcome::Failed(error) => InvocationOutput::failed(error),
                Outcome::Pending => InvocationOutput::pending(),
                Outcome::Errored(error) => {
                    let error = ErrorObject::new("Errored", error.to_string());
                    return Err(FunctionError::Failed(error));
                }
            };
            Ok(serde_json::to_vec(&output).unwrap().into())
        })
    }
}

struct Remoted {
    arn: String,
    service: Service,
}

fn refused(error: ServiceError) -> BackendError {
    let kind = match &error {
        ServiceError::InvalidParameterValue(message)
            if message.starts_with("Invalid Checkpoint Token") =>
        {
            BackendErrorKind::StaleToken
        }
        ServiceError::Service(_) => BackendErrorKind::Unavailable,
        _ => BackendErrorKind::Rejected,
    };
    BackendError::new(kind, error)
}

impl Backend for Remoted {
    async fn checkpoint(
        &self,
        token: &str,
        updates: &[OperationUpdate],
    ) -> Result<Checkpointed, BackendError> {
        let sent = self.service.checkpoint(&self.arn, token, None, updates);
        let answer = sent.await.map_err(refused)?;
        Ok(Checkpointed {
            token: answer.token,
            operations: answer.operations,
            next_marker: None,
        })
    }

    async fn state(&self, token: &str, marker: &str) -> Result<StatePage, BackendError> {
        let read = self.service.state(&self.arn, token, Some(marker), Some(2));
        let page = read.await.map_err(refused)?;
        Ok(StatePage {
            operations: page.operations,
            next_marker: page.next_marker,
        })
    }

    fn now(&self) -> Timestamp {
        Timestamp::from_millis(0)
    }
}

/// A function that is a closure.
pub(crate) struct Closure<F>(pub(crate) F);

impl<F> Function for Closure<F>
where
    F: Fn(FunctionRequest) -> BoxFuture<'static, Result<Bytes, FunctionError>>
        + Send
        + Sync
        + 'static,
{
    fn invoke(&self, request: FunctionRequest) -> BoxFuture<'_, Result<Bytes, FunctionError>> {
        (self.0)(request)
    }
}
