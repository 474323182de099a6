//! What can be asked of one execution and done to it.

use std::sync::Arc;
use std::time::Duration;

use durable_runtime::wire::{ErrorObject, Timestamp, limits};

use super::{Service, ServiceError, names};
use crate::core::{ExecutionRecord, ExecutionStatus};

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
}

impl ExecutionDescription {
    fn new(record: ExecutionRecord) -> Self {
        let ended = record.status.is_terminal();
        let times_out = record.timeout_seconds.filter(|_| !ended).map(|seconds| {
            record
                .started
                .saturating_add(Duration::from_secs(seconds.into()))
        });
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
    /// goes on. Stopping one that has ended changes nothing and gives the time of its end.
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
}
