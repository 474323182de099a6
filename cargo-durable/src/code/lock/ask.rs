//! Asks whoever sits in front of the terminal.

use std::io::{self, BufRead as _, IsTerminal as _};

use durable_lock::compare::Change;
use durable_lock::update::{Decisions, Open};

use super::path_of;
use crate::cli::Format;
use crate::cli::code::Lock;
use crate::text::STRONG;

/// Whether there is anybody to ask.
pub(super) fn can_ask(lock: &Lock) -> bool {
    lock.format == Format::Text && io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Asks about everything that can be accepted. Returns whether anything was decided.
pub(super) fn decide<'a>(
    open: impl Iterator<Item = &'a Open>,
    decisions: &mut Decisions,
) -> io::Result<bool> {
    let mut decided = false;
    for open in open {
        let Some(question) = question(open) else {
            continue;
        };
        let strong = STRONG;
        anstream::eprint!("{question} {strong}[y/N]{strong:#} ");
        let mut answer = String::new();
        if io::stdin().lock().read_line(&mut answer)? == 0 {
            break;
        }
        if ["y", "yes"].contains(&&*answer.trim().to_ascii_lowercase()) {
            decisions.accept.insert(path_of(open));
            decided = true;
        }
    }
    Ok(decided)
}

/// The question, where there is one: what can't be accepted has its way out in the code.
fn question(open: &Open) -> Option<String> {
    match open {
        Open::Workflow { name, .. } => Some(format!(
            "Workflow `{name}` is gone, and its running executions can't go on. Retire its operations?"
        )),
        Open::Operation { problem, workflow } => match &problem.change {
            Change::Vanished(entry) => Some(format!(
                "`{}` is gone. Retire it, so that its recorded results are skipped?",
                entry.path()
            )),
            Change::Renamed(entry) => Some(format!(
                "`{}` is gone, and there is something like it in `{workflow}` under a new name. Is it the same, and keeps its identity?",
                entry.path()
            )),
            Change::Reused(entry) => Some(format!(
                "`{}` was retired, and is there again. Is it the same operation?",
                entry.path()
            )),
            Change::Kind(..) | Change::Moved(..) | Change::Ambiguous(_) => None,
        },
    }
}
