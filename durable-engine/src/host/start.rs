//! Starting executions, and finding those that an earlier process left.

use std::sync::Arc;

use super::Host;
use super::slot::Slot;
use super::targets::Target;
use crate::core::{Execution, ExecutionRecord, NewExecution, Origin};
use crate::error::EngineError;
use crate::store::{Created, StoreError};

/// An execution that somebody asks for.
#[derive(Debug)]
pub(crate) struct Start {
    /// The workflow or durable function.
    pub(crate) target: Arc<str>,
    /// The version that the ARN is to show.
    pub(crate) version: String,
    /// Its name; none: a random one.
    pub(crate) name: Option<String>,
    /// The last segment of the ARN; none: a random one.
    pub(crate) unique: Option<String>,
    /// What it is given.
    pub(crate) input: Option<String>,
    /// Seconds it may take.
    pub(crate) timeout_seconds: Option<u32>,
    /// Who asks, and how.
    pub(crate) origin: Origin,
}

/// An execution that was started, or was there already.
#[derive(Debug)]
pub(crate) struct Started {
    pub(crate) arn: Arc<str>,
    pub(crate) name: String,
}

impl Host {
    /// Executions that were running when the last process ended go on at once, the others when they are due.
    pub(super) async fn recover(&self) -> Result<(), EngineError> {
        let now = self.clock.now();
        let mut unknown = std::collections::BTreeMap::<String, usize>::new();
        for open in self.store.open().await? {
            if !self.targets.runs(&open.workflow) {
                *unknown.entry(open.workflow.to_string()).or_default() += 1;
            } else if open.invoked || open.invoking {
                self.timers.set(&open.arn, Some(now));
            } else {
                self.timers.set(&open.arn, open.next_due);
            }
        }
        self.sweep().await;
        for (workflow, executions) in unknown {
            tracing::warn!(
                workflow,
                executions,
                "the database holds unfinished executions of a workflow that is not registered; they stay as they are"
            );
        }
        Ok(())
    }

    /// Starts an execution, or finds the one that has this name and this input.
    pub(crate) async fn begin(self: &Arc<Self>, start: Start) -> Result<Started, EngineError> {
        if self.is_closing() {
            return Err(EngineError::ShutDown);
        }
        let (workflow, target) = self.targets.durable(&start.target)?;
        let target = Target::clone(target);
        let busy = self.activity.busy();
        let ids = &self.settings.ids;
        // Nobody else has a name that was just made up.
        let named = start.name.is_some();
        let name = start.name.unwrap_or_else(|| ids.execution());
        if named && let Some(record) = self.store.find(workflow, &name).await? {
            return self.existing(record, start.input, name).await;
        }
        let unique = start.unique.unwrap_or_else(|| ids.unique(&name));
        let new = NewExecution {
            arn: self
                .settings
                .home
                .execution_arn(workflow, &start.version, &name, &unique),
            name: name.clone(),
            workflow: workflow.to_string(),
            input: start.input.clone(),
            timeout_seconds: start.timeout_seconds,
            callback_key: ids.secret(),
            origin: Origin {
                retention_days: start.origin.retention_days.or(self.settings.retention_days),
                ..start.origin
            },
        };
        let input = start.input;
        let (execution, commit) = Execution::begin(new, self.clock.now())?;
        // A task of its own: a caller that stops waiting must not leave a recorded execution that nobody runs.
        let host = Arc::clone(self);
        let begun = self.tasks.spawn(async move {
            let arn = Arc::clone(&commit.record.arn);
            if host.abort.is_cancelled() {
                return Err(EngineError::ShutDown);
            }
            // From before it is recorded: whoever begins the same may run it to its end before this goes on.
            let reader = host.look(&arn);
            let created = host.store.create(commit).await;
            if let Err(error) = &created
                && !matches!(error, StoreError::Conflict { .. })
            {
                // It may be stored for all that, and whoever wanted it may not ask again.
                host.try_again_later(&arn);
            }
            match created? {
                Created::Existing(record) => host.existing(*record, input, name).await,
                Created::New => {
                    let slot = || Slot::new(Arc::clone(&arn), target, execution);
                    match reader.ok().and_then(|reader| reader.put(slot)) {
                        Some(slot) => {
                            let mut guarded = slot.guarded.lock().await;
                            host.schedule(&slot, &mut guarded);
                        }
                        None => drop(host.slot(&arn).await?),
                    }
                    drop(busy);
                    Ok(Started { arn, name })
                }
            }
        });
        begun.await.map_err(|_| EngineError::ShutDown)?
    }

    /// The execution that has the name already, if its input is the same. It goes on, should nobody be at it.
    async fn existing(
        self: &Arc<Self>,
        record: ExecutionRecord,
        input: Option<String>,
        name: String,
    ) -> Result<Started, EngineError> {
        if record.input.as_deref() != input.as_deref() {
            let recorded = record.input.as_deref().unwrap_or_default();
            return Err(EngineError::IdInUse {
                workflow: record.workflow.to_string(),
                id: name,
                recorded: recorded.chars().take(200).collect(),
            });
        }
        self.slot(&record.arn).await?;
        Ok(Started {
            arn: record.arn,
            name,
        })
    }
}
