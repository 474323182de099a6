//! The ledger: a file that says what has really happened, whoever was killed meanwhile.
//!
//! It is opened with O_APPEND, and each line is one `write`. What a process has written to a file is there when it is killed: only the machine could lose it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::Arc;

/// Ends a line. One without it was cut by a kill.
const END: &str = "\t.";

/// For writing.
#[derive(Clone, Debug)]
pub(crate) struct Ledger(Arc<File>);

impl Ledger {
    pub(crate) fn open(path: &Path) -> Self {
        let file = OpenOptions::new().create(true).append(true).open(path);
        let ledger = Self(Arc::new(file.unwrap()));
        // A line that a kill has cut is nobody else's beginning.
        ledger.write("");
        ledger
    }

    fn write(&self, line: &str) {
        (&*self.0)
            .write_all(format!("{line}\n").as_bytes())
            .unwrap();
    }

    fn line(&self, fields: &[&str]) {
        self.write(&format!("{}{END}", fields.join("\t")));
    }

    /// The body of a step runs.
    pub(crate) fn body(&self, execution: &str, step: &str, attempt: u32) {
        self.line(&["body", execution, step, &attempt.to_string()]);
    }

    /// The workflow has seen the result of a step: its record is durable.
    pub(crate) fn saw(&self, execution: &str, step: &str, result: &str) {
        self.line(&["saw", execution, step, result]);
    }

    /// The id of a callback went out.
    pub(crate) fn asked(&self, execution: &str, callback: &str) {
        self.line(&["asked", execution, callback]);
    }

    /// The workflow returns.
    pub(crate) fn returns(&self, execution: &str) {
        self.line(&["returns", execution]);
    }
}

/// What the ledger says by now.
#[derive(Debug, Default)]
pub(crate) struct Pages {
    at: u64,
    /// The end of what was read that is no whole line yet.
    rest: String,
    /// How often a body ran, by execution, step and attempt.
    pub(crate) bodies: BTreeMap<(String, String, u32), usize>,
    /// By execution and step, all that workflows have seen of it: one value, however often they were replayed.
    pub(crate) seen: BTreeMap<String, BTreeMap<String, BTreeSet<String>>>,
    pub(crate) asked: BTreeMap<String, String>,
    pub(crate) returned: BTreeSet<String>,
}

impl Pages {
    /// Reads what has been written since the last time.
    pub(crate) fn go_on(&mut self, path: &Path) {
        let Ok(mut file) = File::open(path) else {
            return;
        };
        file.seek(SeekFrom::Start(self.at)).unwrap();
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).unwrap();
        self.at += bytes.len() as u64;
        self.rest += std::str::from_utf8(&bytes).unwrap();
        let Some(last) = self.rest.rfind('\n') else {
            return;
        };
        let rest = self.rest.split_off(last + 1);
        for line in std::mem::replace(&mut self.rest, rest).lines() {
            if let Some(line) = line.strip_suffix(END) {
                self.take(&line.split('\t').collect::<Vec<_>>());
            }
        }
    }

    fn take(&mut self, fields: &[&str]) {
        match *fields {
            ["body", execution, step, attempt] => {
                let body = (execution.into(), step.into(), attempt.parse().unwrap());
                *self.bodies.entry(body).or_default() += 1;
            }
            ["saw", execution, step, result] => {
                let steps = self.seen.entry(execution.into()).or_default();
                steps.entry(step.into()).or_default().insert(result.into());
            }
            ["asked", execution, callback] => {
                self.asked.insert(execution.into(), callback.into());
            }
            ["returns", execution] => {
                self.returned.insert(execution.into());
            }
            _ => panic!("no line of the ledger: {fields:?}"),
        }
    }
}
