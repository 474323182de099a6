//! [`Service`]: one invocation, from the event to the answer.

use std::future::Future;
use std::io::Write as _;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context as TaskContext, Poll};
use std::time::{Duration, Instant, SystemTime};

use lambda_runtime::{Context, LambdaEvent};
use serde_json::value::RawValue;

use super::backend::{Client, LambdaBackend};
use super::event;
use super::failure::InvocationFailure;
use crate::host::{Invocation, InvocationError, InvocationOptions, Outcome, Registration};
use crate::wire::{InvocationInput, InvocationOutput};

/// How long before Lambda's deadline an invocation ends: enough to answer.
const MARGIN: Duration = Duration::from_millis(500);

/// A workflow as a service of `lambda_runtime`, for a `main` that adds layers of its own. Cheap to clone; made by [`Runtime::into_service`](super::Runtime::into_service).
///
/// ```no_run
/// use durable_runtime::lambda::{self, lambda_runtime};
/// use durable_runtime::prelude::*;
///
/// #[durable_workflow]
/// async fn greet(name: String) -> Result<String> {
///     Ok(format!("Hello, {name}!"))
/// }
///
/// #[tokio::main]
/// async fn main() -> std::result::Result<(), lambda_runtime::Error> {
///     let service = lambda::host(greet).into_service();
///     lambda_runtime::Runtime::new(service)
///         .layer(lambda_runtime::layers::TracingLayer::new())
///         .run()
///         .await
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Service(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    registration: Arc<Registration>,
    client: Client,
    outlived: AtomicBool,
}

impl Service {
    pub(super) fn new(registration: Registration, client: Client) -> Self {
        Self(Arc::new(Shared {
            registration: Arc::new(registration),
            client,
            outlived: AtomicBool::new(false),
        }))
    }

    /// Whether an invocation ran out of time while blocking work of it ran, which nothing but the end of the process can stop.
    /// [`run`](super::run) ends the process then, before the service invokes again and the work runs twice at once.
    #[must_use]
    pub fn is_outlived(&self) -> bool {
        self.0.outlived.load(Ordering::Relaxed)
    }

    /// Answers one event.
    ///
    /// # Errors
    /// When the event is no durable invocation, or the invocation broke off. Lambda records it, and the service invokes again.
    pub async fn handle(
        &self,
        event: &RawValue,
        context: &Context,
    ) -> Result<InvocationOutput, InvocationFailure> {
        let (arn, answer) = match event::read(event.get()) {
            Ok(input) => {
                let arn = input.durable_execution_arn.clone();
                (arn, self.invoke(input, context).await)
            }
            Err(error) => (String::new(), Err(error.into())),
        };
        if let Err(failure) = &answer {
            tracing::error!(
                arn,
                error_type = failure.error_type,
                "the invocation ends with an error, and the service invokes again: {failure}"
            );
            if !tracing::dispatcher::has_been_set() {
                // Nobody listens to the line above.
                let message = failure.message.replace(char::is_control, " ");
                // Where stderr can't be written, there is nobody to tell.
                let _ = writeln!(
                    std::io::stderr(),
                    "durable: an invocation of {arn:?} ends with {}, and the service invokes again: {message}",
                    failure.error_type
                );
            }
        }
        answer
    }

    async fn invoke(
        &self,
        input: InvocationInput,
        context: &Context,
    ) -> Result<InvocationOutput, InvocationFailure> {
        let Shared {
            registration,
            client,
            outlived,
        } = &*self.0;
        let backend = LambdaBackend::new(
            client.clone(),
            input.durable_execution_arn.clone(),
            context.tenant_id.clone(),
        );
        let options = InvocationOptions {
            deadline: deadline(context),
            ..InvocationOptions::default()
        };
        let mut invocation =
            Invocation::new(Arc::clone(registration), Arc::new(backend), input, options);
        invocation.set_request_id(&*context.request_id);
        match running(&mut invocation).await {
            Outcome::Succeeded(result) => Ok(InvocationOutput::succeeded(result)),
            Outcome::Failed(error) => Ok(InvocationOutput::failed(error)),
            Outcome::Pending => Ok(InvocationOutput::pending()),
            Outcome::Errored(error) => {
                if matches!(error, InvocationError::OutOfTime { .. })
                    && invocation.inbox().is_working()
                {
                    outlived.store(true, Ordering::Relaxed);
                }
                Err(error.into())
            }
        }
    }
}

/// Runs the invocation. Boxed in a function of its own: what is beneath, clients included, is too deep a type for the compiler to look through from somebody's
/// `main` or test, and it would copy it into each.
fn running(
    invocation: &mut Invocation<LambdaBackend>,
) -> Pin<Box<dyn Future<Output = Outcome> + Send + '_>> {
    Box::pin(invocation.run())
}

/// When to end: a little before Lambda does, and not so early that a short timeout is all margin. A context without a deadline (0) has none.
fn deadline(context: &Context) -> Option<Instant> {
    if context.deadline == 0 {
        return None;
    }
    let left = context
        .deadline()
        .duration_since(SystemTime::now())
        .unwrap_or_default();
    Instant::now().checked_add(left.saturating_sub(MARGIN.min(left / 10)))
}

impl lambda_runtime::Service<LambdaEvent<Box<RawValue>>> for Service {
    type Response = InvocationOutput;
    type Error = InvocationFailure;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, _: &mut TaskContext<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, event: LambdaEvent<Box<RawValue>>) -> Self::Future {
        let service = self.clone();
        Box::pin(async move {
            let (event, context) = event.into_parts();
            service.handle(&event, &context).await
        })
    }
}
