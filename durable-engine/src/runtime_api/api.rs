//! The Lambda Runtime API, as one process sees it.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Path, Request, State};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use serde_json::json;

use super::failure::{self, RESPONSE_MAX};
use super::session::{Answer, Session};
use crate::browser;
use crate::function::FunctionRequest;

const REQUEST_ID: HeaderName = HeaderName::from_static("lambda-runtime-aws-request-id");
const DEADLINE: HeaderName = HeaderName::from_static("lambda-runtime-deadline-ms");
const FUNCTION_ARN: HeaderName = HeaderName::from_static("lambda-runtime-invoked-function-arn");
const TRACE_ID: HeaderName = HeaderName::from_static("lambda-runtime-trace-id");
const CLIENT_CONTEXT: HeaderName = HeaderName::from_static("lambda-runtime-client-context");
const TENANT_ID: HeaderName = HeaderName::from_static("lambda-runtime-aws-tenant-id");
const ERROR_TYPE: HeaderName = HeaderName::from_static("lambda-runtime-function-error-type");

#[derive(Clone)]
struct Api {
    session: Arc<Session>,
    timeout: Duration,
}

pub(super) fn router(session: Arc<Session>, timeout: Duration) -> Router {
    Router::new()
        .route("/2018-06-01/runtime/invocation/next", get(next))
        .route(
            "/2018-06-01/runtime/invocation/{request_id}/response",
            post(response),
        )
        .route(
            "/2018-06-01/runtime/invocation/{request_id}/error",
            post(error),
        )
        .route("/2018-06-01/runtime/init/error", post(init_error))
        .fallback(|| async { refused(StatusCode::NOT_FOUND, "NotFound", "no such path") })
        .layer(middleware::from_fn(no_pages))
        .with_state(Api { session, timeout })
}

/// A web page that finds the port could take the process's events, or answer for it.
async fn no_pages(request: Request, next: Next) -> Response {
    let headers = request.headers();
    if browser::sent(headers) || browser::foreign_host(request.uri(), headers).is_some() {
        let message =
            "only the process that this API is for may call it, by the address it was given";
        return refused(StatusCode::FORBIDDEN, "AccessDenied", message);
    }
    next.run(request).await
}

async fn next(State(api): State<Api>) -> Response {
    match api.session.next().await {
        Some(request) => event(request, api.timeout),
        None => refused(
            StatusCode::FORBIDDEN,
            "InvalidStateTransition",
            "the last invocation has no answer yet",
        ),
    }
}

fn event(request: FunctionRequest, timeout: Duration) -> Response {
    let FunctionRequest {
        request_id,
        function_arn,
        payload,
        tenant_id,
        trace_header,
        client_context,
    } = request;
    let deadline = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .saturating_add(timeout)
        .as_millis();
    // Functions get it decoded.
    let client_context = client_context.and_then(|text| {
        let bytes = BASE64_STANDARD.decode(text).ok()?;
        String::from_utf8(bytes).ok()
    });
    let mut headers = HeaderMap::new();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json"),
    );
    for (name, value) in [
        (REQUEST_ID, Some(request_id)),
        (DEADLINE, Some(deadline.to_string())),
        (FUNCTION_ARN, Some(function_arn)),
        (TRACE_ID, trace_header),
        (CLIENT_CONTEXT, client_context),
        (TENANT_ID, tenant_id),
    ] {
        // What can't stand in a header is not worth failing for.
        if let Some(value) = value.and_then(|value| HeaderValue::from_bytes(value.as_bytes()).ok())
        {
            headers.insert(name, value);
        }
    }
    (headers, payload).into_response()
}

async fn response(State(api): State<Api>, Path(request_id): Path<String>, body: Body) -> Response {
    if !api.session.is_current(&request_id) {
        return unknown_request();
    }
    let Ok(body) = to_bytes(body, RESPONSE_MAX).await else {
        api.session.answer(&request_id, Err(failure::too_large()));
        return refused(
            StatusCode::PAYLOAD_TOO_LARGE,
            "RequestEntityTooLarge",
            "the response is too large",
        );
    };
    accept(&api, &request_id, Ok(body))
}

async fn error(
    State(api): State<Api>,
    Path(request_id): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let reported = reported(&headers, body).await;
    accept(&api, &request_id, Err(reported))
}

async fn init_error(State(api): State<Api>, headers: HeaderMap, body: Body) -> Response {
    api.session.init_failed(reported(&headers, body).await);
    accepted()
}

async fn reported(headers: &HeaderMap, body: Body) -> crate::FunctionError {
    // An error whose description is too large is an error without one.
    let body: Bytes = to_bytes(body, RESPONSE_MAX).await.unwrap_or_default();
    let error_type = headers
        .get(ERROR_TYPE)
        .and_then(|value| value.to_str().ok());
    failure::reported(error_type, &body)
}

fn accept(api: &Api, request_id: &str, answer: Answer) -> Response {
    if api.session.answer(request_id, answer) {
        accepted()
    } else {
        unknown_request()
    }
}

fn accepted() -> Response {
    let body = json!({"status": "OK"}).to_string();
    (StatusCode::ACCEPTED, body).into_response()
}

fn unknown_request() -> Response {
    refused(
        StatusCode::BAD_REQUEST,
        "InvalidRequestID",
        "no such invocation is under way",
    )
}

fn refused(status: StatusCode, error_type: &str, message: &str) -> Response {
    let body = json!({"errorType": error_type, "errorMessage": message}).to_string();
    (status, body).into_response()
}
