//! What the suites `parallel` and `map` ask a handler to tell of a batch.

use durable_runtime::BatchResult;
use serde::{Deserialize, Serialize};

/// How a batch went: all of it, or less where a requirement asks for less.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    #[serde(skip_serializing_if = "Option::is_none")]
    completion_reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<String>,
    success_count: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure_count: Option<usize>,
    total_count: usize,
}

impl Summary {
    /// Of this batch.
    pub fn of<T, E>(batch: &BatchResult<T, E>) -> Self {
        Self {
            completion_reason: Some(batch.reason().to_string()),
            status: Some(batch.status().to_string()),
            success_count: batch.success_count(),
            failure_count: Some(batch.failure_count()),
            total_count: batch.total_count(),
        }
    }

    pub(super) fn without_reason(self) -> Self {
        Self {
            completion_reason: None,
            ..self
        }
    }

    pub(super) fn without_status(self) -> Self {
        Self {
            status: None,
            ..self
        }
    }

    pub(super) fn without_failures(self) -> Self {
        Self {
            failure_count: None,
            ..self
        }
    }
}
