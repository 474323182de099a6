//! The operations: what each takes from its request, does with the service, and answers.

use axum::response::Response;
use durable_runtime::wire::{
    CheckpointResponse, ErrorObject, OperationUpdate, StatePage, Timestamp,
};
use http::StatusCode;
use serde::Deserialize;
use serde_json::json;

use super::answers::{DescriptionAnswer, HistoryAnswer, ListAnswer};
use super::failure::Failure;
use super::model::Operation;
use super::request::Request;
use super::response;
use crate::core::ExecutionStatus;
use crate::service::{
    HistoryQuery, InvocationKind, InvokeRequest, ListQuery, PauseRequest, Service,
};

/// Most bytes of a client context. Documentation of `InvocationRequest.ClientContext`.
const CLIENT_CONTEXT_MAX: usize = 3_583;

/// Does what the request asks for.
pub(super) async fn call(
    service: &Service,
    name: &str,
    operation: &Operation,
    trace_header: Option<String>,
    request: Request,
) -> Result<Response, Failure> {
    let status = StatusCode::from_u16(operation.http.response_code).unwrap_or(StatusCode::OK);
    match name {
        "CheckpointDurableExecution" => checkpoint(service, request, status).await,
        "GetDurableExecutionState" => state(service, request, status).await,
        "GetDurableExecution" => execution(service, request, status).await,
        "GetDurableExecutionHistory" => history(service, request, status).await,
        "ListDurableExecutionsByFunction" => list(service, request, status).await,
        "StopDurableExecution" => stop(service, request, status).await,
        "PauseDurableExecution" => pause(service, request, status).await,
        "ResumeDurableExecution" => resume(service, request, status).await,
        "DeleteDurableExecution" => delete(service, request, status).await,
        "SendDurableExecutionCallbackSuccess" => succeed(service, request, status).await,
        "SendDurableExecutionCallbackFailure" => fail(service, request, status).await,
        "SendDurableExecutionCallbackHeartbeat" => heartbeat(service, request, status).await,
        "Invoke" => invoke(service, request, trace_header).await,
        other => Err(Failure::new(
            "ServiceException",
            500,
            format!("{other} is in the model and not in this server"),
        )),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Checkpoint {
    durable_execution_arn: String,
    checkpoint_token: String,
    client_token: Option<String>,
    #[serde(default)]
    updates: Vec<OperationUpdate>,
}

async fn checkpoint(
    service: &Service,
    mut request: Request,
    status: StatusCode,
) -> Result<Response, Failure> {
    let Checkpoint {
        durable_execution_arn: arn,
        checkpoint_token: token,
        client_token,
        updates,
    } = request.parameters()?;
    let answer = service
        .checkpoint(&arn, &token, client_token.as_deref(), &updates)
        .await?;
    let answer = CheckpointResponse {
        checkpoint_token: answer.token,
        new_execution_state: StatePage {
            operations: answer.operations,
            next_marker: None,
        },
    };
    Ok(response::json(status, &answer))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct State {
    durable_execution_arn: String,
    checkpoint_token: String,
    marker: Option<String>,
    max_items: Option<u32>,
}

async fn state(
    service: &Service,
    mut request: Request,
    status: StatusCode,
) -> Result<Response, Failure> {
    let State {
        durable_execution_arn: arn,
        checkpoint_token: token,
        marker,
        max_items,
    } = request.parameters()?;
    let page = service
        .state(&arn, &token, marker.as_deref(), max_items)
        .await?;
    Ok(response::json(status, &page))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Execution {
    durable_execution_arn: String,
    include_execution_data: Option<bool>,
}

async fn execution(
    service: &Service,
    mut request: Request,
    status: StatusCode,
) -> Result<Response, Failure> {
    let parameters: Execution = request.parameters()?;
    let description = service.execution(&parameters.durable_execution_arn).await?;
    let data = parameters.include_execution_data.unwrap_or(true);
    Ok(response::json(
        status,
        &DescriptionAnswer::new(&description, data),
    ))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct History {
    durable_execution_arn: String,
    include_execution_data: Option<bool>,
    marker: Option<String>,
    max_items: Option<u32>,
    reverse_order: Option<bool>,
}

async fn history(
    service: &Service,
    mut request: Request,
    status: StatusCode,
) -> Result<Response, Failure> {
    let parameters: History = request.parameters()?;
    let query = HistoryQuery {
        include_data: parameters.include_execution_data.unwrap_or(true),
        marker: parameters.marker,
        max_items: parameters.max_items,
        reverse: parameters.reverse_order.unwrap_or(false),
    };
    let page = service
        .history(&parameters.durable_execution_arn, query)
        .await?;
    Ok(response::json(status, &HistoryAnswer::new(&page)))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct List {
    function_name: String,
    qualifier: Option<String>,
    durable_execution_name: Option<String>,
    #[serde(default)]
    statuses: Vec<ExecutionStatus>,
    started_after: Option<Timestamp>,
    started_before: Option<Timestamp>,
    marker: Option<String>,
    max_items: Option<u32>,
    reverse_order: Option<bool>,
}

async fn list(
    service: &Service,
    mut request: Request,
    status: StatusCode,
) -> Result<Response, Failure> {
    let parameters: List = request.parameters()?;
    let query = ListQuery {
        qualifier: parameters.qualifier,
        name: parameters.durable_execution_name,
        statuses: parameters.statuses,
        after: parameters.started_after,
        before: parameters.started_before,
        marker: parameters.marker,
        max_items: parameters.max_items,
        reverse: parameters.reverse_order.unwrap_or(false),
    };
    let page = service.list(&parameters.function_name, query).await?;
    Ok(response::json(status, &ListAnswer::new(&page)))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Stop {
    durable_execution_arn: String,
    error: Option<ErrorObject>,
}

async fn stop(
    service: &Service,
    mut request: Request,
    status: StatusCode,
) -> Result<Response, Failure> {
    let Stop {
        durable_execution_arn: arn,
        error,
    } = request.parameters()?;
    // Clients send an empty object for an error they were not given.
    let error = error.filter(|error| *error != ErrorObject::default());
    let stopped = service.stop(&arn, error).await?;
    Ok(response::json(status, &json!({ "StopTimestamp": stopped })))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PauseOrResume {
    durable_execution_arn: String,
    client_token: Option<String>,
    reason: Option<String>,
    execution_timeout_paused: Option<bool>,
}

impl PauseOrResume {
    fn into_request(self) -> (String, PauseRequest) {
        let request = PauseRequest {
            reason: self.reason,
            timeout_paused: self.execution_timeout_paused.unwrap_or(true),
            client_token: self.client_token,
        };
        (self.durable_execution_arn, request)
    }
}

async fn pause(
    service: &Service,
    mut request: Request,
    status: StatusCode,
) -> Result<Response, Failure> {
    let (arn, pause) = request.parameters::<PauseOrResume>()?.into_request();
    service.pause(&arn, pause).await?;
    Ok(response::json(status, &json!({})))
}

async fn resume(
    service: &Service,
    mut request: Request,
    status: StatusCode,
) -> Result<Response, Failure> {
    let (arn, resume) = request.parameters::<PauseOrResume>()?.into_request();
    service.resume(&arn, resume).await?;
    Ok(response::json(status, &json!({})))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Delete {
    durable_execution_arn: String,
}

async fn delete(
    service: &Service,
    mut request: Request,
    status: StatusCode,
) -> Result<Response, Failure> {
    let Delete {
        durable_execution_arn: arn,
    } = request.parameters()?;
    let accepted = service.delete(&arn).await?;
    let answer = json!({ "DeletionRequestTimestamp": accepted });
    Ok(response::json(status, &answer))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Callback {
    callback_id: String,
    error: Option<ErrorObject>,
}

async fn succeed(
    service: &Service,
    mut request: Request,
    status: StatusCode,
) -> Result<Response, Failure> {
    let Callback { callback_id, .. } = request.parameters()?;
    let result = String::from_utf8(request.payload.to_vec()).map_err(|_| {
        Failure::invalid("Value at 'Result' failed to satisfy constraint: Member must be UTF-8")
    })?;
    let result = Some(result).filter(|result| !result.is_empty());
    service.succeed_callback(&callback_id, result).await?;
    Ok(response::json(status, &json!({})))
}

async fn fail(
    service: &Service,
    mut request: Request,
    status: StatusCode,
) -> Result<Response, Failure> {
    let Callback { callback_id, error } = request.parameters()?;
    service
        .fail_callback(&callback_id, error.unwrap_or_default())
        .await?;
    Ok(response::json(status, &json!({})))
}

async fn heartbeat(
    service: &Service,
    mut request: Request,
    status: StatusCode,
) -> Result<Response, Failure> {
    let Callback { callback_id, .. } = request.parameters()?;
    service.heartbeat_callback(&callback_id).await?;
    Ok(response::json(status, &json!({})))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Invoke {
    function_name: String,
    qualifier: Option<String>,
    invocation_type: Option<String>,
    durable_execution_name: Option<String>,
    tenant_id: Option<String>,
    client_context: Option<String>,
}

async fn invoke(
    service: &Service,
    mut request: Request,
    trace_header: Option<String>,
) -> Result<Response, Failure> {
    let parameters: Invoke = request.parameters()?;
    if let Some(context) = &parameters.client_context
        && context.len() > CLIENT_CONTEXT_MAX
    {
        return Err(Failure::invalid(format!(
            "Value at 'ClientContext' failed to satisfy constraint: Member must have length less than or equal to {CLIENT_CONTEXT_MAX}"
        )));
    }
    let mut call = InvokeRequest::new(parameters.function_name, request.payload);
    call.qualifier = parameters.qualifier;
    call.kind = match parameters.invocation_type.as_deref() {
        Some("Event") => InvocationKind::Event,
        Some("DryRun") => InvocationKind::DryRun,
        _ => InvocationKind::RequestResponse,
    };
    call.execution_name = parameters.durable_execution_name;
    call.tenant_id = parameters.tenant_id;
    call.client_context = parameters.client_context;
    call.trace_header = trace_header;
    let answer = service.invoke(call).await?;
    let status = StatusCode::from_u16(answer.status_code).unwrap_or(StatusCode::OK);
    let mut sent = response::with_body(status, answer.payload.into());
    response::header(
        &mut sent,
        "x-amz-executed-version",
        &answer.executed_version,
    );
    if let Some(arn) = &answer.execution_arn {
        response::header(&mut sent, "x-amz-durable-execution-arn", arn);
    }
    if let Some(error) = &answer.function_error {
        response::header(&mut sent, "x-amz-function-error", error);
    }
    Ok(sent)
}
