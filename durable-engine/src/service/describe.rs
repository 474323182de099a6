//! What can be asked of one execution and done to it.

use std::sync::Arc;

use durable_runtime::wire::{ErrorObject, Timestamp, limits};

use super::checkpoint::check_token;
use super::{Service, ServiceError, names, unknown};
use crate::core::{
    Commit, Execution, ExecutionRecord, ExecutionStatus, Pause, PauseRefused, PauseRequest,
};
use crate::host::Removal;

/// An execution as GetDurableExecution shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ExecutionDescription {
    /// Its ARN.
    pub arn: Arc<str>,
    /// Its name.
    pub name: Arc<str>,
    /// The function it runs, with its version.
    pub function_arn: String,
    /// The version of the function.
    pub version: String,
    /// What it was given.
    pub input: Option<Arc<str>>,
    /// What it returned, once it has succeeded.
    pub result: Option<String>,
    /// Why it failed, timed out or was stopped, once it has.
    pub error: Option<ErrorObject>,
    /// Where it stands.
    pub status: ExecutionStatus,
    /// When it began.
    pub started: Timestamp,
    /// When it ended.
    pub ended: Option<Timestamp>,
    /// Seconds it may take; none: any number.
    pub timeout_seconds: Option<u32>,
    /// When it will time out, while it runs.
    pub times_out: Option<Timestamp>,
    /// Days it is kept after its end; none: for ever.
    pub retention_days: Option<u32>,
    /// The trace it belongs to.
    pub trace_header: Option<String>,
    /// The pause, while it is pausing or paused.
    pub pause: Option<Pause>,
}

impl ExecutionDescription {
    fn new(record: ExecutionRecord) -> Self {
        let ended = record.status.is_terminal();
        let times_out = record.times_out();
        Self {
            function_arn: names::function_arn(&record.arn).to_owned(),
            version: names::version(&record.arn).to_owned(),
            arn: record.arn,
            name: record.name,
            input: record.input,
            // Until its invocation is over, an end that the workflow has checkpointed is not one yet.
            result: record.result.filter(|_| ended),
            error: record.error.filter(|_| ended),
            status: record.status,
            started: record.started,
            ended: record.ended,
            timeout_seconds: record.timeout_seconds,
            times_out,
            retention_days: record.origin.retention_days,
            trace_header: record.origin.trace_header.clone(),
            pause: record.pause,
        }
    }
}

impl Service {
    /// GetDurableExecution.
    ///
    /// # Errors
    /// [`ResourceNotFound`](ServiceError::ResourceNotFound) when there is no such execution.
    pub async fn execution(&self, arn: &str) -> Result<ExecutionDescription, ServiceError> {
        Ok(ExecutionDescription::new(self.record(arn).await?))
    }

    /// StopDurableExecution: ends an execution, whatever it is doing, and says when. Its running invocation is given up. What it has invoked
    /// goes on. Stopping one that has ended gives the time of its end and changes nothing, unless it was restarted: then who goes on for it is stopped.
    ///
    /// # Errors
    /// [`ResourceNotFound`](ServiceError::ResourceNotFound) when there is no such execution;
    /// [`InvalidParameterValue`](ServiceError::InvalidParameterValue) when the error is larger than 1 MiB.
    pub async fn stop(
        &self,
        arn: &str,
        error: Option<ErrorObject>,
    ) -> Result<Timestamp, ServiceError> {
        let size = error.as_ref().map_or(0, ErrorObject::size);
        if size > limits::ERROR_MAX {
            return Err(ServiceError::InvalidParameterValue(format!(
                "the error has {size} bytes and the limit is {}",
                limits::ERROR_MAX
            )));
        }
        self.host().stop(arn, error).await?;
        let record = self.record(arn).await?;
        Ok(record.ended.unwrap_or(record.started))
    }

    /// PauseDurableExecution: no invocation starts any more, while waits, retries and callbacks go on and complete. An execution whose invocation
    /// runs is PAUSING until that invocation's next checkpoint, after which it may write no more.
    ///
    /// A request with the client token of the one before does nothing for 15 minutes.
    ///
    /// # Errors
    /// [`ResourceNotFound`](ServiceError::ResourceNotFound) when there is no such execution;
    /// [`ResourceConflict`](ServiceError::ResourceConflict) when it has ended or is paused already;
    /// [`InvalidParameterValue`](ServiceError::InvalidParameterValue) when the reason or the client token is too long.
    pub async fn pause(&self, arn: &str, request: PauseRequest) -> Result<(), ServiceError> {
        check_pause(&request)?;
        self.change_pause(arn, move |execution, now| execution.pause(request, now))
            .await
    }

    /// ResumeDurableExecution: the execution goes on where it was, with an invocation if the pause interrupted one or something completed
    /// meanwhile. Of a pause that is not in effect yet nothing is left.
    ///
    /// # Errors
    /// As [`pause`](Self::pause), and [`ResourceConflict`](ServiceError::ResourceConflict) when the execution is not paused.
    pub async fn resume(&self, arn: &str, request: PauseRequest) -> Result<(), ServiceError> {
        check_pause(&request)?;
        self.change_pause(arn, move |execution, now| execution.resume(request, now))
            .await
    }

    async fn change_pause(
        &self,
        arn: &str,
        change: impl FnOnce(&mut Execution, Timestamp) -> Result<Commit, PauseRefused> + Send + 'static,
    ) -> Result<(), ServiceError> {
        let refused = match self.host().change_pause(arn, change).await? {
            Some(Ok(())) => return Ok(()),
            Some(Err(refused)) => refused,
            None => {
                let record = self.record(arn).await?;
                PauseRefused::Ended {
                    arn: arn.to_owned(),
                    status: record.status.as_str(),
                }
            }
        };
        Err(ServiceError::ResourceConflict(refused.to_string()))
    }

    /// DeleteDurableExecution: removes an execution that has ended, with its history, and says when. Its name is free again then.
    ///
    /// # Errors
    /// [`ResourceNotFound`](ServiceError::ResourceNotFound) when there is no such execution;
    /// [`ResourceConflict`](ServiceError::ResourceConflict) when it has not ended, or another execution waits for its end and does not know of it.
    pub async fn delete(&self, arn: &str) -> Result<Timestamp, ServiceError> {
        match self.host().delete(arn).await? {
            Removal::Done => Ok(self.host().clock.now()),
            Removal::Running => Err(ServiceError::ResourceConflict(format!(
                "{arn} has not ended; stop it first"
            ))),
            Removal::Awaited(caller) => Err(ServiceError::ResourceConflict(format!(
                "{arn} is what {caller} waits for; remove it when that goes on, or stop that first"
            ))),
            Removal::Unknown => Err(unknown(arn)),
        }
    }
}

/// The most characters of a pause's or a resume's reason. Model, `PauseReason`.
const REASON_MAX: usize = 1_024;

fn check_pause(request: &PauseRequest) -> Result<(), ServiceError> {
    let length = request.reason.as_ref().map_or(0, |it| it.chars().count());
    if length > REASON_MAX {
        return Err(ServiceError::InvalidParameterValue(format!(
            "Reason has {length} characters and the limit is {REASON_MAX}"
        )));
    }
    match &request.client_token {
        Some(token) => check_token("ClientToken", token, limits::CLIENT_TOKEN_MAX),
        None => Ok(()),
    }
}
