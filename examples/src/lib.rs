//! What the runnable examples share: opening the engine, and talking to the terminal.

pub mod fulfilment;

use std::path::Path;
use std::process::ExitCode;

use durable_engine::{Engine, EngineBuilder, EngineError, RunError};
use durable_runtime::ReplayFilter;
use serde::Serialize;
use thiserror::Error;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::prelude::*;

/// Why an example ended without a result.
#[derive(Debug, Error)]
pub enum Failure {
    /// What the user gave is no good.
    #[error("{0}")]
    Input(String),
    /// The engine can't open, start or record.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The workflow ended without a result.
    #[error("{0}")]
    Run(String),
}

impl<E: std::fmt::Display + std::fmt::Debug> From<RunError<E>> for Failure {
    fn from(error: RunError<E>) -> Self {
        Self::Run(error.to_string())
    }
}

/// Progress on stderr, the result on stdout.
#[derive(Debug)]
pub struct Terminal(());

impl Terminal {
    /// Starts to show the workflow's progress. Workflow code that replays stays quiet.
    #[must_use]
    pub fn start() -> Self {
        let progress = tracing_subscriber::fmt::layer()
            .with_writer(std::io::stderr)
            .with_target(false)
            .with_level(false)
            .without_time()
            .with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr()));
        tracing_subscriber::registry()
            .with(LevelFilter::INFO)
            .with(ReplayFilter::new())
            .with(progress)
            .init();
        Self(())
    }

    /// The last line of stdout is the result as JSON; an error goes to stderr and gives exit code 1.
    #[must_use]
    pub fn finish(self, result: Result<serde_json::Value, Failure>) -> ExitCode {
        match result {
            Ok(result) => {
                println!("{result}");
                ExitCode::SUCCESS
            }
            Err(failure) => {
                eprintln!("error: {failure}");
                ExitCode::FAILURE
            }
        }
    }
}

/// Opens the engine on a database file.
///
/// # Errors
/// When the file is no database of ours or can't be opened.
pub fn open(path: &Path) -> Result<EngineBuilder, Failure> {
    Ok(Engine::open(path)?)
}

/// A result as JSON.
///
/// # Errors
/// Never for the examples' own types.
pub fn to_json(value: &impl Serialize) -> Result<serde_json::Value, Failure> {
    serde_json::to_value(value).map_err(|error| Failure::Run(format!("the result is no JSON: {error}")))
}
