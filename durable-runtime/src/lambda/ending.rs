//! Ends the process between two invocations, when work that can't be stopped outlived the last one.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use lambda_runtime::LambdaInvocation;
use lambda_runtime::tower::Layer;

use super::service::Service;

/// Wraps what reports an answer to Lambda: when its future ends, the answer has arrived.
pub(super) struct EndOutlived(pub(super) Service);

impl<S> Layer<S> for EndOutlived {
    type Service = Ending<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Ending {
            inner,
            service: self.0.clone(),
        }
    }
}

#[derive(Clone)]
pub(super) struct Ending<S> {
    inner: S,
    service: Service,
}

impl<S> lambda_runtime::Service<LambdaInvocation> for Ending<S>
where
    S: lambda_runtime::Service<LambdaInvocation, Response = ()>,
    S::Future: Send + 'static,
    S::Error: 'static,
{
    type Response = ();
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<(), S::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, invocation: LambdaInvocation) -> Self::Future {
        let reported = self.inner.call(invocation);
        let service = self.service.clone();
        Box::pin(async move {
            let reported = reported.await;
            if service.is_outlived() {
                tracing::warn!(
                    "blocking work outlived its invocation; the process ends, so that the work can't run beside its next attempt"
                );
                std::process::exit(1);
            }
            reported
        })
    }
}
