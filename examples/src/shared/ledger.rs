//! [`Ledger`]: a file that steps append to, which makes what they really did visible.

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use durable_runtime::{Error, Result, StepContext};

use super::Failure;

/// The outside world of the `fulfilment` example: a file to which every attempt of every step appends a line.
///
/// A line has four fields between tabs: the order, the step, the attempt, and what it did.
#[derive(Clone, Debug)]
pub struct Ledger {
    path: PathBuf,
}

impl Ledger {
    /// Opens a ledger, making the file if there is none.
    ///
    /// # Errors
    /// When it can't be written, or is a file that holds something else; found out here, before a workflow starts that would have to wait for it.
    pub fn open(path: &Path) -> Result<Self, Failure> {
        let ledger = Self {
            path: path.to_owned(),
        };
        if !looks_like_a_ledger(path) {
            return Err(Failure::Input(format!(
                "{} is there and is no ledger; nothing was written to it; give another file with --ledger",
                path.display()
            )));
        }
        ledger.append("").map_err(|error| {
            Failure::Input(format!(
                "can't write the ledger {}: {error}; give another file with --ledger",
                path.display()
            ))
        })?;
        Ok(ledger)
    }

    /// Says on the terminal what a step does, and appends it to the file.
    ///
    /// # Errors
    /// When the file can't be written; the message names it.
    pub fn write(
        &self,
        cx: &StepContext,
        order: &str,
        step: &str,
        what: impl fmt::Display,
    ) -> Result<()> {
        let attempt = cx.attempt();
        let (order, what) = (one_line(order), one_line(&what.to_string()));
        if attempt == 1 {
            tracing::info!("{order}: {step}: {what}");
        } else {
            tracing::info!("{order}: {step} (attempt {attempt}): {what}");
        }
        self.append(&format!("{order}\t{step}\t{attempt}\t{what}\n"))
            .map_err(|error| {
                Error::from(error)
                    .context(format!("can't write the ledger {}", self.path.display()))
            })
    }

    /// One write per line: a process that is killed leaves no half of one.
    fn append(&self, line: &str) -> io::Result<()> {
        let mut file = OpenOptions::new()
            .create(true)
            .append(true)
            .open(&self.path)?;
        file.write_all(line.as_bytes())
    }
}

/// Whether a file may be appended to: one that is new or empty, or begins with a line of a ledger. A mistyped path must not
/// damage somebody's data.
fn looks_like_a_ledger(path: &Path) -> bool {
    if !path.is_file() {
        return true;
    }
    let mut start = Vec::new();
    let read = File::open(path).and_then(|file| file.take(4096).read_to_end(&mut start));
    let line = start
        .split(|byte| *byte == b'\n')
        .next()
        .unwrap_or_default();
    // What can't be read may still be written.
    read.is_err() || start.is_empty() || line.iter().filter(|byte| **byte == b'\t').count() == 3
}

/// What people type into an order must not make lines or fields of its own.
fn one_line(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}
