//! [`Failure`]: why a program ends without a result.

use std::process::ExitCode;

use durable_engine::EngineError;
use thiserror::Error;

/// Why an example ended without a result.
#[derive(Debug, Error)]
pub enum Failure {
    /// What the user gave is no good. Nothing was started.
    #[error("{0}")]
    Input(String),
    /// The engine can't open, start or record.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The workflow ended without a result.
    #[error("{0}")]
    Run(String),
    /// Ctrl-C. What was recorded is kept.
    #[error("stopped; nothing is lost, and this goes on where it was:\n  {again}")]
    Interrupted {
        /// The command line that goes on.
        again: String,
    },
}

impl Failure {
    /// What the process exits with: 130 after Ctrl-C as shells have it, else 1. (clap exits with 2 when the command line is wrong.)
    #[must_use]
    pub fn exit_code(&self) -> ExitCode {
        match self {
            Self::Interrupted { .. } => ExitCode::from(130),
            _ => ExitCode::FAILURE,
        }
    }
}
