//! Retention: ended executions are removed when their time has come.

use std::sync::Arc;

use super::{Host, STORE_RETRY};
use crate::core::ExecutionRecord;
use crate::error::EngineError;

/// The name of the timer that is not an execution's.
const TIMER: &str = "retention";

impl Host {
    pub(super) fn is_retention(arn: &str) -> bool {
        arn == TIMER
    }

    /// An execution has ended.
    pub(super) fn retain(&self, record: &ExecutionRecord) {
        if let Some(at) = record.delete_at {
            self.timers.set_by(&Arc::from(TIMER), at);
        }
    }

    /// Removes what is past its time, and sets the timer for what comes next.
    pub(super) async fn sweep(&self) {
        let now = self.clock.now();
        let next = match self.store.sweep(now).await {
            Ok(next) => next,
            Err(error) => {
                tracing::error!(%error, "ended executions can't be removed; it is tried again later");
                Some(now.saturating_add(STORE_RETRY))
            }
        };
        if let Some(next) = next {
            self.timers.set_by(&Arc::from(TIMER), next);
        }
    }

    /// Removes an execution that has ended. None: there is none; false: it has not ended.
    pub(crate) async fn delete(self: &Arc<Self>, arn: &str) -> Result<Option<bool>, EngineError> {
        if self.slot(arn).await?.is_some() {
            return Ok(Some(false));
        }
        // An execution that has ended stays so.
        Ok(self.store.delete(arn).await?.then_some(true))
    }
}
