//! The operations of an execution as a tree: contexts with what happened in them.

use std::collections::{HashMap, HashSet};
use std::io::{self, Write};

use durable_engine::core::{ServiceDetails, StoredOperation};
use durable_runtime::wire::{Operation, OperationStatus, OperationType, SubType, Timestamp};

use crate::text::{FAINT, away, excerpt, of_operation, seconds, shown};

/// How much of a payload is shown.
const EXCERPT: usize = 80;

/// Prints the operations, each below its context, in the order in which they were started.
pub(crate) fn print(operations: &[StoredOperation], out: &mut impl Write) -> io::Result<()> {
    let tree = Tree::of(operations);
    // A stack and no recursion: nesting is as deep as somebody's workflow made it.
    let mut open = tree.below(None, 1);
    while let Some((depth, operation)) = open.pop() {
        line(depth, operation, out)?;
        open.extend(tree.below(Some(&operation.id), depth + 1));
    }
    Ok(())
}

struct Tree<'a>(HashMap<Option<&'a str>, Vec<&'a Operation>>);

impl<'a> Tree<'a> {
    fn of(operations: &'a [StoredOperation]) -> Self {
        let ids: HashSet<&str> = operations
            .iter()
            .map(|stored| stored.operation.id.as_str())
            .collect();
        let mut children: HashMap<Option<&str>, Vec<&Operation>> = HashMap::new();
        for StoredOperation { operation, .. } in operations {
            // Nothing may be left out, even if what it is in should be missing.
            let parent = operation.parent_id.as_deref();
            let parent = parent.filter(|parent| ids.contains(parent));
            children.entry(parent).or_default().push(operation);
        }
        Self(children)
    }

    /// What is in a context, the last first, as a stack wants it.
    fn below(&self, parent: Option<&str>, depth: usize) -> Vec<(usize, &'a Operation)> {
        let children = self.0.get(&parent).into_iter().flatten().rev();
        children.map(|operation| (depth, *operation)).collect()
    }
}

fn line(depth: usize, operation: &Operation, out: &mut impl Write) -> io::Result<()> {
    let style = of_operation(operation.status);
    write!(
        out,
        "{:indent$}{} {}  {style}{}{style:#}",
        "",
        shown(kind(operation)),
        shown(name(operation)),
        operation.status.as_str(),
        indent = 2 * depth
    )?;
    let attempts = operation.finished_attempts();
    if attempts > 1 || (attempts == 1 && !operation.status.is_terminal()) {
        let s = if attempts == 1 { "" } else { "s" };
        write!(out, "  {attempts} attempt{s}")?;
    }
    if let Some(error) = operation.error() {
        write!(out, "  {}", excerpt(&error.to_string(), EXCERPT))?;
    } else if operation.replay_children() {
        write!(
            out,
            "  {FAINT}(too large to be recorded: rebuilt from its operations){FAINT:#}"
        )?;
    } else if let Some(result) = operation.result() {
        write!(out, "  {FAINT}{}{FAINT:#}", excerpt(result, EXCERPT))?;
    }
    writeln!(out)
}

/// The type, or the sub-type where that says more.
fn kind(operation: &Operation) -> &str {
    match &operation.sub_type {
        Some(sub_type) if *sub_type != SubType::RUN_IN_CHILD_CONTEXT => sub_type.as_str(),
        _ => match operation.operation_type {
            OperationType::Context => "Child",
            other => other.as_str(),
        },
    }
}

fn name(operation: &Operation) -> &str {
    // The beginning of an id tells two nameless operations apart.
    let id = || operation.id.get(..8).unwrap_or(&operation.id);
    operation.name.as_deref().unwrap_or_else(id)
}

/// What an operation that has not ended waits for, in words; none for contexts, which wait for what is in them.
pub(crate) fn waits_for(stored: &StoredOperation) -> Option<String> {
    let operation = &stored.operation;
    if operation.status.is_terminal() {
        return None;
    }
    let what = format!("{} {}", shown(kind(operation)), shown(name(operation)));
    let until = |word: &str, time: Option<Timestamp>| match time {
        Some(time) => format!("{what}, {word} {} ({})", seconds(time), away(time)),
        None => what.clone(),
    };
    Some(match operation.operation_type {
        OperationType::Execution | OperationType::Context => return None,
        OperationType::Wait => {
            let details = operation.wait_details.as_ref();
            until(
                "until",
                details.and_then(|wait| wait.scheduled_end_timestamp),
            )
        }
        OperationType::Step if operation.status == OperationStatus::Pending => {
            let details = operation.step_details.as_ref();
            let next = operation.finished_attempts().saturating_add(1);
            until(
                &format!("attempt {next} at"),
                details.and_then(|step| step.next_attempt_timestamp),
            )
        }
        OperationType::Step => format!("{what}, whose body was started"),
        OperationType::Callback => match &stored.service {
            Some(ServiceDetails::Callback {
                timeout, heartbeat, ..
            }) => {
                let first = (*timeout).into_iter().chain(*heartbeat).min();
                until("from outside, times out at", first)
            }
            _ => format!("{what}, from outside"),
        },
        _ => what,
    })
}
