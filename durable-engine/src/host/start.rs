//! Starting executions, and finding those that an earlier process left.

use std::sync::Arc;

use super::Host;
use super::slot::Slot;
use crate::core::{Execution, ExecutionRecord, NewExecution};
use crate::error::EngineError;
use crate::store::Created;

impl Host {
    /// Executions that were running when the last process ended go on at once, the others when they are due.
    pub(super) async fn recover(&self) -> Result<(), EngineError> {
        let now = self.clock.now();
        let mut unknown = std::collections::BTreeMap::<String, usize>::new();
        for open in self.store.open().await? {
            if !self.workflows.contains_key(&*open.workflow) {
                *unknown.entry(open.workflow.to_string()).or_default() += 1;
            } else if open.invoked {
                self.timers.set(&open.arn, Some(now));
            } else {
                self.timers.set(&open.arn, open.next_due);
            }
        }
        for (workflow, executions) in unknown {
            tracing::warn!(
                workflow,
                executions,
                "the database holds unfinished executions of a workflow that is not registered; they stay as they are"
            );
        }
        Ok(())
    }

    /// Starts an execution, or finds the one that has this id and this input. Returns its ARN and id.
    pub(crate) async fn begin(
        self: &Arc<Self>,
        workflow: &'static str,
        id: Option<String>,
        input: String,
        timeout_seconds: Option<u32>,
    ) -> Result<(Arc<str>, String), EngineError> {
        if self.is_closing() {
            return Err(EngineError::ShutDown);
        }
        self.registration(workflow)?;
        let busy = self.activity.busy();
        let id = id.unwrap_or_else(|| self.settings.ids.execution());
        if let Some(record) = self.store.find(workflow, &id).await? {
            return same_input(record, input, id);
        }
        let new = NewExecution {
            arn: self.settings.ids.arn(workflow, &id),
            name: id.clone(),
            workflow: workflow.to_owned(),
            input: Some(input.clone()),
            timeout_seconds,
            callback_key: self.settings.ids.secret(),
        };
        let (execution, commit) = Execution::begin(new, self.clock.now())?;
        let arn = Arc::clone(&commit.record.arn);
        match self.store.create(commit).await? {
            Created::Existing(record) => same_input(*record, input, id),
            Created::New => {
                let slot = self.insert(Slot::new(Arc::clone(&arn), workflow, execution));
                let mut guarded = slot.guarded.lock().await;
                self.schedule(&slot, &mut guarded);
                drop(busy);
                Ok((arn, id))
            }
        }
    }
}

fn same_input(
    record: ExecutionRecord,
    input: String,
    id: String,
) -> Result<(Arc<str>, String), EngineError> {
    let recorded = record.input.as_deref().unwrap_or("");
    if recorded == input {
        return Ok((record.arn, id));
    }
    Err(EngineError::IdInUse {
        workflow: record.workflow.to_string(),
        id,
        recorded: recorded.chars().take(200).collect(),
    })
}
