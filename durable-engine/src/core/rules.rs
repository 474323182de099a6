//! The rules an update must keep by itself, and against the operation as it is recorded.

use durable_runtime::wire::{
    Operation, OperationAction as Action, OperationStatus as Status, OperationType as Type,
    OperationUpdate, limits,
};

use super::rejected::Rule;

/// Whether the update is well-formed, whatever is recorded. `result_max` limits the execution's own result.
pub(super) fn check_shape(update: &OperationUpdate, result_max: usize) -> Result<(), Rule> {
    let allowed = match update.operation_type {
        Type::Execution => "SUCCEED and FAIL",
        Type::Context => "START, SUCCEED and FAIL",
        Type::Step => "START, SUCCEED, FAIL and RETRY",
        Type::Wait | Type::ChainedInvoke => "START and CANCEL",
        Type::Callback => "START",
        _ => return Err(Rule::UnknownType),
    };
    let known = match update.action {
        Action::Start => update.operation_type != Type::Execution,
        Action::Succeed | Action::Fail => {
            matches!(
                update.operation_type,
                Type::Execution | Type::Context | Type::Step
            )
        }
        Action::Retry => update.operation_type == Type::Step,
        Action::Cancel => matches!(update.operation_type, Type::Wait | Type::ChainedInvoke),
        _ => false,
    };
    if !known {
        return Err(Rule::UnknownAction { allowed });
    }
    check_names(update)?;
    check_payloads(update, result_max)?;
    check_options(update)
}

fn check_names(update: &OperationUpdate) -> Result<(), Rule> {
    if !limits::is_operation_id(&update.id) {
        return Err(Rule::Id);
    }
    if update
        .name
        .as_deref()
        .is_some_and(|name| !limits::is_operation_name(name))
    {
        return Err(Rule::Name);
    }
    if update
        .sub_type
        .as_ref()
        .is_some_and(|sub_type| !limits::is_sub_type(sub_type.as_str()))
    {
        return Err(Rule::SubType);
    }
    Ok(())
}

fn check_payloads(update: &OperationUpdate, result_max: usize) -> Result<(), Rule> {
    let takes_payload = match update.action {
        Action::Succeed | Action::Retry => true,
        Action::Start => update.operation_type == Type::ChainedInvoke,
        _ => false,
    };
    if update.payload.is_some() && !takes_payload {
        return Err(Rule::Unexpected { member: "Payload" });
    }
    if update.error.is_some() && !matches!(update.action, Action::Fail | Action::Retry) {
        return Err(Rule::Unexpected { member: "Error" });
    }
    if update.payload.is_some() && update.error.is_some() {
        return Err(Rule::PayloadAndError);
    }
    let limit = if update.operation_type == Type::Execution {
        result_max
    } else {
        limits::OPERATION_PAYLOAD_MAX
    };
    let size = update.payload.as_ref().map_or(0, String::len);
    if size > limit {
        return Err(Rule::TooLarge {
            member: "Payload",
            size,
            limit,
        });
    }
    let size = update.error.as_ref().map_or(0, |error| error.size());
    if size > limits::ERROR_MAX {
        return Err(Rule::TooLarge {
            member: "Error",
            size,
            limit: limits::ERROR_MAX,
        });
    }
    Ok(())
}

fn check_options(update: &OperationUpdate) -> Result<(), Rule> {
    match (update.operation_type, update.action) {
        (Type::Step, Action::Retry) => {
            let member = "StepOptions.NextAttemptDelaySeconds";
            let delay = update
                .step_options
                .as_ref()
                .and_then(|it| it.next_attempt_delay_seconds);
            let delay = delay.ok_or(Rule::Missing { member })?;
            let (min, max) = (
                limits::RETRY_DELAY_SECONDS_MIN,
                limits::RETRY_DELAY_SECONDS_MAX,
            );
            in_range(member, delay.into(), min.into(), max.into())
        }
        (Type::Wait, Action::Start) => {
            let member = "WaitOptions.WaitSeconds";
            let seconds = update.wait_options.as_ref().and_then(|it| it.wait_seconds);
            let seconds = seconds.ok_or(Rule::Missing { member })?;
            let (min, max) = (limits::WAIT_SECONDS_MIN, limits::WAIT_SECONDS_MAX);
            in_range(member, seconds.into(), min.into(), max.into())
        }
        (Type::Callback, Action::Start) => {
            let options = update.callback_options.as_ref();
            let timeout = options.and_then(|it| it.timeout_seconds).unwrap_or(0);
            let heartbeat = options
                .and_then(|it| it.heartbeat_timeout_seconds)
                .unwrap_or(0);
            let max = limits::CALLBACK_TIMEOUT_SECONDS_MAX.into();
            in_range("CallbackOptions.TimeoutSeconds", timeout.into(), 0, max)?;
            in_range(
                "CallbackOptions.HeartbeatTimeoutSeconds",
                heartbeat.into(),
                0,
                max,
            )
        }
        (Type::ChainedInvoke, Action::Start) => {
            let member = "ChainedInvokeOptions.FunctionName";
            let options = update.chained_invoke_options.as_ref();
            let options = options.ok_or(Rule::Missing { member })?;
            let length = |text: &str| text.len() as u64;
            in_range(
                member,
                length(&options.function_name),
                1,
                limits::FUNCTION_NAME_MAX as u64,
            )?;
            if let Some(tenant) = &options.tenant_id {
                let member = "ChainedInvokeOptions.TenantId";
                in_range(member, length(tenant), 1, limits::TENANT_ID_MAX as u64)?;
            }
            if let Some(trace) = &options.x_amzn_trace_id {
                let member = "ChainedInvokeOptions.XAmznTraceId";
                in_range(member, length(trace), 0, limits::TRACE_ID_MAX as u64)?;
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

fn in_range(member: &'static str, value: u64, min: u64, max: u64) -> Result<(), Rule> {
    if (min..=max).contains(&value) {
        Ok(())
    } else {
        Err(Rule::Range {
            member,
            value,
            min,
            max,
        })
    }
}

/// Whether the recorded operation lets this happen to it. `None` when there is none yet.
pub(super) fn check_transition(
    update: &OperationUpdate,
    recorded: Option<&Operation>,
) -> Result<(), Rule> {
    let Some(recorded) = recorded else {
        return match update.action {
            Action::Start => Ok(()),
            _ => Err(Rule::NotStarted),
        };
    };
    check_metadata(update, recorded)?;
    let status = recorded.status;
    match (update.operation_type, update.action) {
        (Type::Step, Action::Start) if status == Status::Ready => Ok(()),
        (_, Action::Start) => Err(Rule::Exists { status }),
        (Type::Step, _) => match status {
            Status::Started | Status::Ready => Ok(()),
            _ => Err(Rule::Status {
                status,
                needs: "STARTED or READY",
            }),
        },
        _ => match status {
            Status::Started => Ok(()),
            _ => Err(Rule::Status {
                status,
                needs: "STARTED",
            }),
        },
    }
}

/// What an operation is never changes. Members the update leaves out say nothing.
fn check_metadata(update: &OperationUpdate, recorded: &Operation) -> Result<(), Rule> {
    let differs = |member, sent: &str, recorded: Option<&str>| {
        if recorded == Some(sent) {
            return Ok(());
        }
        let recorded = recorded.unwrap_or_default().to_owned();
        Err(Rule::Metadata {
            member,
            recorded,
            sent: sent.to_owned(),
        })
    };
    differs(
        "Type",
        update.operation_type.as_str(),
        Some(recorded.operation_type.as_str()),
    )?;
    if let Some(sub_type) = &update.sub_type {
        differs(
            "SubType",
            sub_type.as_str(),
            recorded.sub_type.as_ref().map(|it| it.as_str()),
        )?;
    }
    if let Some(name) = &update.name {
        differs("Name", name, recorded.name.as_deref())?;
    }
    if let Some(parent) = &update.parent_id {
        differs("ParentId", parent, recorded.parent_id.as_deref())?;
    }
    Ok(())
}

/// Whether the operation may live where the update says. `parent` is what is recorded under that id.
pub(super) fn check_parent(id: &str, parent: Option<&Operation>) -> Result<(), Rule> {
    let name = || id.to_owned();
    let Some(parent) = parent else {
        return Err(Rule::ParentMissing { parent: name() });
    };
    if parent.operation_type != Type::Context {
        return Err(Rule::ParentType {
            parent: name(),
            parent_type: parent.operation_type,
        });
    }
    if parent.status.is_terminal() {
        return Err(Rule::ParentClosed {
            parent: name(),
            status: parent.status,
        });
    }
    Ok(())
}
