//! One request from its first byte to its answer.

use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use http::request::Parts;
use jiff::Timestamp;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::auth::{Admitted, Guard};
use super::body::{self, Room};
use super::calls;
use super::failure::Failure;
use super::model::MODEL;
use super::request::Request;
use super::response;
use super::route::{self, Route};
use crate::service::Service;

/// How long a call goes on when nobody waits for its answer.
const UNWAITED: Duration = Duration::from_secs(5);

/// What requests are answered with.
#[derive(Clone, Debug)]
pub(super) struct Shared {
    pub(super) service: Service,
    pub(super) guard: Guard,
    /// For bodies of which it is not known yet who sent them.
    pub(super) room: Room,
    /// No answer is waited for any longer.
    pub(super) ending: CancellationToken,
}

/// Answers a request, whatever it is.
pub(super) async fn answer(shared: Shared, request: http::Request<Body>) -> Response {
    let (parts, body) = request.into_parts();
    let id = Uuid::new_v4().to_string();
    let mut answer = match handle(shared, &parts, body).await {
        Ok(answer) => answer,
        Err(failure) => {
            tracing::debug!(method = %parts.method, path = parts.uri.path(), %failure, "refused a request");
            failure.into_response(&MODEL)
        }
    };
    response::header(&mut answer, "x-amzn-requestid", &id);
    answer
}

async fn handle(shared: Shared, parts: &Parts, body: Body) -> Result<Response, Failure> {
    let path = parts.uri.path();
    // Before anything else: who isn't let in doesn't learn what there is.
    let refused = match shared.guard.admit(parts, Timestamp::now()) {
        Err(failure) => failure,
        Ok(admitted) => match route::find(&MODEL, &parts.method, path) {
            Some(route) => {
                let operation = route.operation;
                let done = perform(shared, route, admitted, parts, body).await;
                return done.map_err(|failure| failure.known_to(operation));
            }
            None => Failure::unknown_operation(&parts.method, path),
        },
    };
    body::discard(&parts.headers, &mut body.into_data_stream()).await;
    Err(refused)
}

async fn perform(
    shared: Shared,
    route: Route<'static>,
    admitted: Admitted,
    parts: &Parts,
    body: Body,
) -> Result<Response, Failure> {
    let body = body::read(&MODEL, &route, &parts.headers, body, &shared.room).await?;
    admitted.with_body(parts, &body.bytes)?;
    let request = Request::read(&MODEL, &route, parts, body.proved())?;
    let trace = parts.headers.get("x-amzn-trace-id");
    let trace = trace.and_then(|trace| Some(trace.to_str().ok()?.to_owned()));
    let Shared {
        service, ending, ..
    } = shared;
    let (waiting, left) = oneshot::channel::<()>();
    // A task of its own goes on when the client hangs up: a checkpoint is not left half done. Only waiting for an execution's end takes
    // long, and that is given up.
    let call = tokio::spawn(async move {
        let call = calls::call(&service, route.name, route.operation, trace, request);
        let given_up = async {
            let _ = left.await;
            tokio::time::sleep(UNWAITED).await;
        };
        tokio::select! {
            done = call => done,
            () = given_up => Err(Failure::new("ServiceException", 500, "nobody waits for the answer")),
        }
    });
    let done = tokio::select! {
        done = call => done.unwrap_or_else(|error| {
            Err(Failure::new("ServiceException", 500, format!("the call did not come to its end: {error}")))
        }),
        () = ending.cancelled() => Err(Failure::new(
            "ServiceException",
            503,
            "the server is shutting down; what was recorded goes on when an engine opens the database again",
        )),
    };
    drop(waiting);
    done
}
