//! [`Session`]: one execution from the command line to its result.

use durable_engine::{Engine, ExecutionRecord, RunError};
use durable_runtime::{Error, Result as WorkflowResult, Workflow, WorkflowFn};
use serde::Serialize;
use serde_json::Value;

use super::progress::Progress;
use super::{Failure, Terminal, again, difference};

/// One execution that somebody watches.
#[derive(Clone, Debug)]
pub struct Session {
    terminal: Terminal,
    id: String,
    retries: bool,
}

impl Session {
    /// For the execution with this id.
    #[must_use]
    pub fn new(terminal: &Terminal, id: impl Into<String>) -> Self {
        Self {
            terminal: terminal.clone(),
            id: id.into(),
            retries: true,
        }
    }

    /// Says nothing about failed attempts: for a workflow in which they are how it polls.
    #[must_use]
    pub fn without_retries(mut self) -> Self {
        self.retries = false;
        self
    }

    /// Starts the execution, or finds the one with this id, and shows how it goes until it has ended.
    ///
    /// # Errors
    /// When the id is in use with another input, the workflow fails, the engine can't record, or somebody presses Ctrl-C. What was recorded is kept.
    pub async fn run<W, A, T>(
        &self,
        engine: &Engine,
        workflow: impl WorkflowFn<W, A>,
        input: W::Input,
    ) -> Result<Value, Failure>
    where
        W: Workflow<Output = WorkflowResult<T>>,
        T: Serialize,
    {
        let result = tokio::select! {
            result = self.watch(engine, workflow, input) => result,
            signal = tokio::signal::ctrl_c() => Err(match signal {
                Ok(()) => Failure::Interrupted { again: again() },
                Err(error) => Failure::Run(format!("can't wait for Ctrl-C: {error}")),
            }),
        };
        self.terminal.hide_wait();
        // A step that runs now may finish and be recorded; who is in a hurry presses Ctrl-C again.
        tokio::select! {
            () = engine.shutdown() => {}
            _ = tokio::signal::ctrl_c() => {}
        }
        result
    }

    async fn watch<W, A, T>(
        &self,
        engine: &Engine,
        workflow: impl WorkflowFn<W, A>,
        input: W::Input,
    ) -> Result<Value, Failure>
    where
        W: Workflow<Output = WorkflowResult<T>>,
        T: Serialize,
    {
        let id = &self.id;
        let name = W::DEFINITION.name();
        let mut seen = 0;
        match engine.find(name, id).await? {
            None => tracing::info!("{id}: starting"),
            Some(found) => {
                same_input(&found, &input)?;
                seen = engine.history(&found.arn).await?.len();
                if found.status.is_terminal() {
                    tracing::info!("{id}: ended before, nothing runs; this is what was recorded");
                } else {
                    tracing::info!("{id}: going on where it was");
                }
            }
        }
        let run = engine.start(workflow, input).id(id).await?;
        let progress = Progress {
            terminal: self.terminal.clone(),
            seen,
            retries: self.retries,
            said: None,
        };
        let ended = tokio::select! {
            // What has ended already is not waited for, and so not shown as waiting.
            biased;
            ended = run.result() => ended,
            () = progress.follow(engine, run.arn()) => return Err(Failure::Run("nobody waits".to_owned())),
        };
        let value = ended.map_err(|error| failure(id, error))?;
        serde_json::to_value(value)
            .map_err(|error| Failure::Run(format!("the result is no JSON: {error}")))
    }
}

/// The engine would refuse another input too, but it can't know what to call the difference.
fn same_input(found: &ExecutionRecord, input: &impl Serialize) -> Result<(), Failure> {
    let recorded = found
        .input
        .as_deref()
        .and_then(|text| serde_json::from_str(text).ok());
    let given = serde_json::to_value(input).ok();
    let difference = match (recorded, given) {
        (Some(recorded), Some(given)) => difference(&recorded, &given),
        _ => None,
    };
    match difference {
        None => Ok(()),
        Some(difference) => Err(Failure::Input(format!(
            "the id `{}` is in use for another input: {difference}; nothing was started; choose another id with --id, or give \
             the recorded input to get that execution's result",
            found.name
        ))),
    }
}

fn failure(id: &str, error: RunError<Error>) -> Failure {
    let why = match error {
        RunError::Engine(error) => return Failure::Engine(error),
        // These may end otherwise under another build of the program.
        error @ (RunError::Diverged(_) | RunError::Undecodable { .. }) => {
            return Failure::Run(error.to_string());
        }
        RunError::Workflow(error) => format!("{id} failed: {error:#}"),
        error => format!("{id}: {error}"),
    };
    Failure::Run(format!(
        "{why}; this is its recorded end, and the same id gives it again: to start anew, choose another --id"
    ))
}
