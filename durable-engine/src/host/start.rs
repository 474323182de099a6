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
            return self.existing(record, input, id).await;
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
        // A task of its own: a caller that stops waiting must not leave a recorded execution that nobody runs.
        let host = Arc::clone(self);
        let begun = self.tasks.spawn(async move {
            let arn = Arc::clone(&commit.record.arn);
            match host.store.create(commit).await? {
                Created::Existing(record) => host.existing(*record, input, id).await,
                Created::New => {
                    let slot = host.insert(Slot::new(Arc::clone(&arn), workflow, execution));
                    let mut guarded = slot.guarded.lock().await;
                    host.schedule(&slot, &mut guarded);
                    drop(busy);
                    Ok((arn, id))
                }
            }
        });
        begun.await.map_err(|_| EngineError::ShutDown)?
    }

    /// The execution that has the id already, if its input is the same. It goes on, should nobody be at it.
    async fn existing(
        self: &Arc<Self>,
        record: ExecutionRecord,
        input: String,
        id: String,
    ) -> Result<(Arc<str>, String), EngineError> {
        let found = same_input(record, input, id)?;
        self.slot(&found.0).await?;
        Ok(found)
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
