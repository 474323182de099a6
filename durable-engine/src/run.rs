//! [`StartRequest`] and [`Run`]: starting an execution and waiting for its end.

use std::convert::Infallible;
use std::fmt;
use std::future::{Future, IntoFuture};
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use durable_runtime::Workflow;
use durable_runtime::host::decode_end;
use durable_runtime::wire::ErrorObject;

use crate::core::{Event, ExecutionRecord, ExecutionStatus, Origin};
use crate::engine::Engine;
use crate::error::{EngineError, RunError};
use crate::host::{Problem, Start, seconds, successor_of};
use crate::service::names::LATEST;

/// A start that was not made yet: set options and `.await` it.
#[must_use = "nothing starts before this is awaited"]
pub struct StartRequest<W: Workflow> {
    engine: Engine,
    input: W::Input,
    id: Option<String>,
    timeout: Option<Duration>,
}

impl<W: Workflow> fmt::Debug for StartRequest<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StartRequest")
            .field("workflow", &W::DEFINITION.name())
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

impl<W: Workflow> StartRequest<W> {
    pub(crate) fn new(engine: Engine, input: W::Input) -> Self {
        Self {
            engine,
            input,
            id: None,
            timeout: None,
        }
    }

    /// Names the execution: 1 to 64 of `A-Z a-z 0-9 - _`, unique for its workflow. A random id if left out.
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.id = Some(id.into());
        self
    }

    /// Ends the execution if it takes longer, 1 s to 366 days; fractions of a second are rounded up. No limit if left out.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }
}

impl<W: Workflow> IntoFuture for StartRequest<W> {
    type Output = Result<Run<W>, EngineError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        let Self {
            engine,
            input,
            id,
            timeout,
        } = self;
        let workflow = W::DEFINITION.name();
        let input = serde_json::to_string(&input).map_err(|source| EngineError::Input {
            workflow: workflow.to_owned(),
            source: Arc::new(source),
        });
        Box::pin(async move {
            let start = Start {
                target: Arc::from(workflow),
                version: LATEST.to_owned(),
                name: id,
                unique: None,
                input: Some(input?),
                timeout_seconds: timeout.map(seconds),
                origin: Origin::default(),
            };
            let started = engine.host().begin(start).await?;
            Ok(Run::new(engine, started.arn, started.name))
        })
    }
}

/// An execution: running, parked or ended.
pub struct Run<W> {
    engine: Engine,
    arn: Arc<str>,
    id: String,
    workflow: PhantomData<fn() -> W>,
}

impl<W> fmt::Debug for Run<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Run")
            .field("arn", &self.arn)
            .finish_non_exhaustive()
    }
}

impl<W> Run<W> {
    pub(crate) fn new(engine: Engine, arn: Arc<str>, id: String) -> Self {
        Self {
            engine,
            arn,
            id,
            workflow: PhantomData,
        }
    }

    pub(crate) fn engine(&self) -> &Engine {
        &self.engine
    }

    /// The id it was started with, or was given.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Its ARN, as steps see it.
    #[must_use]
    pub fn arn(&self) -> &str {
        &self.arn
    }

    /// Its history so far.
    ///
    /// # Errors
    /// When the database can't be read.
    pub async fn history(&self) -> Result<Vec<Event>, EngineError> {
        self.engine.history(&self.arn).await
    }
}

impl<W: Workflow> Run<W> {
    /// Waits for the end and gives what the workflow function returned, as it returned it.
    ///
    /// Where the execution [restarted](durable_runtime::restart()), the end is that of its successors' last.
    ///
    /// For a workflow that returns a `Result`, [`result`](Self::result) is handier.
    ///
    /// # Errors
    /// When the execution ended otherwise, or can't go on now.
    pub async fn output(&self) -> Result<W::Output, RunError<Infallible>> {
        let record = self.ended().await?;
        let recorded = match record.status {
            ExecutionStatus::Succeeded => Ok(record.result.as_deref().unwrap_or("")),
            ExecutionStatus::TimedOut => return Err(RunError::TimedOut),
            ExecutionStatus::Stopped => {
                return Err(RunError::Stopped(record.error.unwrap_or_default()));
            }
            _ => Err(record.error.clone().unwrap_or_default()),
        };
        match recorded {
            Ok(json) => decode_end::<W>(Ok(json)).map_err(|reason| self.undecodable(reason)),
            // An error that isn't the function's own is the execution's.
            Err(error) => decode_end::<W>(Err(&error)).map_err(|_| RunError::Failed(error)),
        }
    }

    fn undecodable<E: fmt::Debug + fmt::Display>(&self, reason: String) -> RunError<E> {
        RunError::Undecodable {
            workflow: W::DEFINITION.name().to_owned(),
            id: self.id.clone(),
            reason,
        }
    }

    /// The end of the execution, or of the last of those that went on where it restarted.
    async fn ended(&self) -> Result<ExecutionRecord, RunError<Infallible>> {
        let mut record = self.end_of(&self.arn).await?;
        while let Some(successor) = successor_of(&record) {
            let workflow = W::DEFINITION.name();
            let next = self.engine.find(workflow, &successor).await?;
            let next = next.ok_or_else(|| EngineError::NotFound {
                workflow: workflow.to_owned(),
                id: successor,
            })?;
            record = self.end_of(&next.arn).await?;
        }
        Ok(record)
    }

    async fn end_of(&self, arn: &str) -> Result<ExecutionRecord, RunError<Infallible>> {
        match self.engine.host().ended(arn).await {
            Ok(record) => Ok(record),
            Err(Problem::Diverged(message)) => Err(RunError::Diverged(message)),
            Err(Problem::Invocation(message)) => Err(RunError::Failed(ErrorObject::new(
                "Invocation.Errored",
                message,
            ))),
            Err(Problem::Engine(error)) => Err(RunError::Engine(error)),
        }
    }
}

impl<T, E, W> Run<W>
where
    W: Workflow<Output = Result<T, E>>,
    E: fmt::Debug + fmt::Display,
{
    /// Waits for the end and gives what the workflow returned, over any restarts.
    ///
    /// # Errors
    /// [`RunError::Workflow`] when it returned an error; another [`RunError`] when the execution ended otherwise, or can't go on now.
    pub async fn result(&self) -> Result<T, RunError<E>> {
        match self.output().await {
            Ok(returned) => returned.map_err(RunError::Workflow),
            Err(error) => Err(match error {
                RunError::Workflow(never) => match never {},
                RunError::Failed(error) => RunError::Failed(error),
                RunError::TimedOut => RunError::TimedOut,
                RunError::Stopped(error) => RunError::Stopped(error),
                RunError::Diverged(message) => RunError::Diverged(message),
                RunError::Undecodable {
                    workflow,
                    id,
                    reason,
                } => RunError::Undecodable {
                    workflow,
                    id,
                    reason,
                },
                RunError::Engine(error) => RunError::Engine(error),
            }),
        }
    }
}
