//! What the tests do that `cargo durable replay` lets the macro put beside each workflow: they replay the histories that a file lists.

use std::env;
use std::fs::{self, File};
use std::io::Write as _;
use std::marker::PhantomData;
use std::sync::Mutex;

use serde::Serialize;

use super::{Replayer, Verdict};
use crate::host::Registration;
use crate::registration::{State, Workflow};

/// The variable that names the list: a workflow's name, a tab, and the path of a history on each line.
const LIST: &str = "DURABLE_REPLAY_LIST";
/// The variable that names the file to which a line of JSON is added for each history.
const REPORT: &str = "DURABLE_REPLAY_REPORT";

#[derive(Serialize)]
struct Line<'a> {
    workflow: &'a str,
    file: &'a str,
    verdict: &'static str,
    detail: String,
}

/// Replays what the list has for `W`. Nothing where there is no list: somebody else runs the tests.
#[doc(hidden)]
pub fn replay_test<W: Workflow>(state: impl FnOnce() -> State) {
    let (Ok(list), Ok(report)) = (env::var(LIST), env::var(REPORT)) else {
        return;
    };
    let list = fs::read_to_string(list).unwrap_or_default();
    let name = W::DEFINITION.name();
    let files: Vec<&str> = list
        .lines()
        .filter_map(|line| line.split_once('\t'))
        .filter(|(workflow, _)| *workflow == name)
        .map(|(_, file)| file)
        .collect();
    if files.is_empty() {
        return;
    }
    let Ok(report) = File::options().append(true).create(true).open(report) else {
        return;
    };
    let report = Mutex::new(report);
    let replayer = Replayer::of(Registration::new::<W>(state()));
    replayer.replay_files(&files, |file, verdict| {
        let (verdict, detail) = match verdict {
            Ok(Verdict::Fits { next }) => ("fits", next.join(", ")),
            Ok(Verdict::Diverged(reason)) => ("diverged", reason),
            Ok(Verdict::Undecodable(reason)) => ("undecodable", reason),
            Ok(Verdict::Broken(reason)) => ("broken", reason),
            Err(error) => ("unreadable", error.to_string()),
        };
        let line = Line {
            workflow: name,
            file,
            verdict,
            detail,
        };
        if let Ok(mut text) = serde_json::to_string(&line)
            && let Ok(mut report) = report.lock()
        {
            text.push('\n');
            // Whoever reads the report notices that a line is missing.
            let _ = report.write_all(text.as_bytes());
        }
    });
}

/// Finds out whether a `#[state]` parameter's type has a default.
#[doc(hidden)]
#[derive(Debug)]
pub struct DefaultState<T>(PhantomData<fn() -> T>);

impl<T> DefaultState<T> {
    #[doc(hidden)]
    #[must_use]
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

impl<T> Default for DefaultState<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: Default + Clone + Send + 'static> DefaultState<T> {
    #[doc(hidden)]
    #[must_use]
    pub fn add(&self, state: State) -> State {
        state.with(T::default())
    }
}

/// The same for a type without one: the replay says that the value is missing.
#[doc(hidden)]
pub trait NoDefaultState {
    #[doc(hidden)]
    fn add(&self, state: State) -> State {
        state
    }
}

impl<T> NoDefaultState for DefaultState<T> {}
