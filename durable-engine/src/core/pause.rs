//! Pausing and resuming.

use std::time::Duration;

use durable_runtime::wire::{Timestamp, limits};
use serde::{Deserialize, Serialize};

use super::{
    event::{Event, EventDetails, EventReason},
    execution::Execution,
    record::{Commit, ExecutionRecord, ExecutionStatus},
};

/// How long a repeated request is known by its client token.
const REPEATABLE: Duration = Duration::from_mins(15);

/// What somebody who pauses or resumes an execution says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PauseRequest {
    /// Why, for the history.
    pub reason: Option<String>,
    /// Whether the execution's timeout stands still meanwhile. Means nothing to a resume.
    pub timeout_paused: bool,
    /// The caller's own mark: the same request with the same mark within 15 minutes does nothing.
    pub client_token: Option<String>,
}

impl Default for PauseRequest {
    /// The service's: the timeout stands still.
    fn default() -> Self {
        Self {
            reason: None,
            timeout_paused: true,
            client_token: None,
        }
    }
}

/// A pause that was asked for and is not over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pause {
    /// When it was asked for.
    pub requested: Timestamp,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Whether the execution's timeout stands still meanwhile.
    pub timeout_paused: bool,
    /// When it came into effect; none while an invocation has not reached a checkpoint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
}

/// The last requests that brought a client token.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PauseMarks {
    /// Of a pause: the token, and when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pause: Option<(String, Timestamp)>,
    /// Of a resume.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resume: Option<(String, Timestamp)>,
}

/// Why an execution can't be paused or resumed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PauseRefused {
    /// It has ended.
    #[error("{arn} has ended ({status}), and can neither be paused nor resumed")]
    Ended {
        /// The execution.
        arn: String,
        /// How it ended.
        status: &'static str,
    },
    /// It is paused already, or about to be.
    #[error("{arn} is {status} already; resume it first")]
    Paused {
        /// The execution.
        arn: String,
        /// Where it stands.
        status: &'static str,
    },
    /// It is not paused.
    #[error("{arn} is not paused")]
    NotPaused {
        /// The execution.
        arn: String,
    },
}

impl ExecutionRecord {
    /// When the execution's timeout ends it; none without one, and after the end. A pause that stops the timeout moves it, but never
    /// beyond 366 days after the start.
    pub fn times_out(&self) -> Option<Timestamp> {
        if self.status.is_terminal() {
            return None;
        }
        let after = |millis: u64| self.started.saturating_add(Duration::from_millis(millis));
        let last = after(u64::from(limits::EXECUTION_TIMEOUT_SECONDS_MAX) * 1_000);
        let timeout = u64::from(self.timeout_seconds?) * 1_000;
        let stands_still = self
            .pause
            .as_ref()
            .is_some_and(|pause| pause.timeout_paused && pause.since.is_some());
        if stands_still {
            return Some(last);
        }
        Some(after(timeout.saturating_add(self.paused_millis)).min(last))
    }
}

impl Execution {
    /// Pauses the execution: no invocation starts any more, while waits, retries and callbacks go on and complete. A running
    /// invocation may write until its next checkpoint, which is its last; the execution is PAUSING until then.
    ///
    /// Errs when it has ended, or is paused already by another request.
    pub fn pause(&mut self, request: PauseRequest, now: Timestamp) -> Result<Commit, PauseRefused> {
        if repeats(&self.record.pause_marks.pause, &request, now) {
            return Ok(self.commit(Vec::new(), Vec::new()));
        }
        let arn = || self.record.arn.to_string();
        let status = self.record.status.as_str();
        if self.record.status.is_terminal() {
            return Err(PauseRefused::Ended { arn: arn(), status });
        }
        if self.record.pause.is_some() {
            return Err(PauseRefused::Paused { arn: arn(), status });
        }
        let record = &mut self.record;
        record.pause_marks.pause = request.client_token.map(|token| (token, now));
        record.pause = Some(Pause {
            requested: now,
            reason: request.reason,
            timeout_paused: request.timeout_paused,
            since: None,
        });
        record.status = ExecutionStatus::Pausing;
        let mut events = Vec::new();
        if self.record.invocation.is_none() {
            events.extend(self.come_to_pause(now));
        }
        let mut commit = self.commit(Vec::new(), events);
        commit.urgent = true;
        Ok(commit)
    }

    /// Takes a pause back before it came into effect, or ends it: an invocation is owed when the pause interrupted one, or
    /// something completed meanwhile.
    ///
    /// Errs when the execution is not paused.
    pub fn resume(
        &mut self,
        request: PauseRequest,
        now: Timestamp,
    ) -> Result<Commit, PauseRefused> {
        if repeats(&self.record.pause_marks.resume, &request, now) {
            return Ok(self.commit(Vec::new(), Vec::new()));
        }
        let arn = || self.record.arn.to_string();
        if self.record.status.is_terminal() {
            let status = self.record.status.as_str();
            return Err(PauseRefused::Ended { arn: arn(), status });
        }
        let Some(pause) = self.record.pause.take() else {
            return Err(PauseRefused::NotPaused { arn: arn() });
        };
        self.record.pause_marks.resume = request.client_token.map(|token| (token, now));
        self.record.status = ExecutionStatus::Running;
        let mut events = Vec::new();
        if let Some(since) = pause.since {
            if pause.timeout_paused {
                let paused = now.saturating_duration_since(since).as_millis();
                let paused = u64::try_from(paused).unwrap_or(u64::MAX);
                self.record.paused_millis = self.record.paused_millis.saturating_add(paused);
            }
            let details = EventDetails::ExecutionResumed {
                resume_request_timestamp: now,
                reason: request.reason.map(|reason| EventReason::new(Some(reason))),
            };
            events.push(self.event(now, details));
        }
        let mut commit = self.commit(Vec::new(), events);
        commit.urgent = true;
        Ok(commit)
    }

    /// A pause that was asked for comes into effect.
    pub(super) fn come_to_pause(&mut self, now: Timestamp) -> Option<Event> {
        if self.record.status != ExecutionStatus::Pausing {
            return None;
        }
        let pause = self.record.pause.as_mut()?;
        pause.since = Some(now);
        let details = EventDetails::ExecutionPaused {
            pause_request_timestamp: pause.requested,
            execution_timeout_paused: pause.timeout_paused,
            reason: pause
                .reason
                .clone()
                .map(|reason| EventReason::new(Some(reason))),
        };
        self.record.status = ExecutionStatus::Paused;
        Some(self.event(now, details))
    }
}

fn repeats(mark: &Option<(String, Timestamp)>, request: &PauseRequest, now: Timestamp) -> bool {
    mark.as_ref().is_some_and(|(token, at)| {
        request.client_token.as_ref() == Some(token)
            && now.saturating_duration_since(*at) <= REPEATABLE
    })
}
