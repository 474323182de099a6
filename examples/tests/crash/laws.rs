//! What must hold between two looks at the database and the ledger, whatever was killed in between.

use std::collections::{BTreeMap, BTreeSet};

use durable_engine::core::EventDetails;
use durable_runtime::wire::{Operation, OperationStatus, OperationType};

use crate::seen::{Execution, Seen};

/// Steps that must not run twice in one attempt.
const AT_MOST_ONCE: [&str; 2] = ["charge", "ship"];

/// Says which law is broken, if one is.
pub(crate) fn check(before: &Seen, now: &Seen) -> Result<(), String> {
    law(now.ledger.starts_with(&before.ledger), || {
        "the ledger has lost lines".to_owned()
    })?;
    for (order, old) in &before.executions {
        let new = now
            .executions
            .get(order)
            .ok_or_else(|| format!("{order} is gone"))?;
        what_is_recorded_stays(old, new).map_err(|broken| format!("{order}: {broken}"))?;
        for step in recorded_steps(old) {
            let (then, runs) = (before.runs(order, name(step)), now.runs(order, name(step)));
            law(then == runs, || {
                format!(
                    "{order}: {} was recorded and ran again, {then} and then {runs} times",
                    name(step)
                )
            })?;
        }
    }
    for (order, execution) in &now.executions {
        results_are_recorded_once(execution).map_err(|broken| format!("{order}: {broken}"))?;
        what_is_recorded_has_happened(now, order, execution)?;
        what_was_observed_is_what_is_recorded(now, order, execution)?;
    }
    at_most_once_per_attempt(now)
}

fn law(holds: bool, broken: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(broken()) }
}

fn name(operation: &Operation) -> &str {
    operation.name.as_deref().unwrap_or("a wait")
}

fn recorded_steps(execution: &Execution) -> impl Iterator<Item = &Operation> {
    let steps = execution
        .operations
        .values()
        .filter(|operation| operation.operation_type == OperationType::Step);
    steps.filter(|step| step.status.is_terminal())
}

/// The history only grows; an operation or an execution that has ended never changes again.
fn what_is_recorded_stays(old: &Execution, new: &Execution) -> Result<(), String> {
    law(new.history.starts_with(&old.history), || {
        "its history was changed".to_owned()
    })?;
    law(
        new.record.input == old.record.input && new.record.arn == old.record.arn,
        || "it is another one now".to_owned(),
    )?;
    if old.record.status.is_terminal() {
        law(new.record == old.record, || {
            format!("it had ended, and changed to {:?}", new.record)
        })?;
    }
    for (id, operation) in old
        .operations
        .iter()
        .filter(|(_, operation)| operation.status.is_terminal())
    {
        let now = new.operations.get(id);
        law(now == Some(operation), || {
            format!("{} was {operation:?} and is {now:?}", name(operation))
        })?;
    }
    Ok(())
}

/// Of each operation, and of the execution, the history has one end at most, and it is the one in the operation's record.
fn results_are_recorded_once(execution: &Execution) -> Result<(), String> {
    let mut ends = BTreeMap::<&str, usize>::new();
    for event in &execution.history {
        let end = match &event.details {
            EventDetails::StepSucceeded { result, .. } => Some(result.payload.as_deref()),
            EventDetails::StepFailed { retry_details, .. }
                if retry_details.next_attempt_delay_seconds.is_none() =>
            {
                Some(None)
            }
            EventDetails::WaitSucceeded { .. } => Some(None),
            EventDetails::ExecutionSucceeded { result } => {
                law(result.payload == execution.record.result, || {
                    "its result is not its history's".to_owned()
                })?;
                None
            }
            _ => None,
        };
        if let (Some(result), Some(id)) = (end, event.id.as_deref()) {
            *ends.entry(id).or_default() += 1;
            let recorded = execution.operations.get(id).and_then(Operation::result);
            law(result == recorded, || {
                format!("{id} has {recorded:?} recorded and {result:?} in the history")
            })?;
        }
    }
    let completed = execution
        .operations
        .values()
        .filter(|operation| operation.status.is_terminal());
    for operation in completed {
        let times = ends.get(operation.id.as_str()).copied().unwrap_or(0);
        law(times == 1, || {
            format!("{} ended {times} times in the history", name(operation))
        })?;
    }
    let executions_ends = execution
        .history
        .iter()
        .filter(|event| event.event_type() == "ExecutionSucceeded")
        .count();
    law(
        executions_ends == usize::from(execution.record.status.is_terminal()),
        || {
            format!(
                "it is {:?} and succeeded {executions_ends} times",
                execution.record.status
            )
        },
    )
}

/// A result was recorded after its step had run, at the attempt that the record names; nothing was recorded that did not happen.
fn what_is_recorded_has_happened(
    seen: &Seen,
    order: &str,
    execution: &Execution,
) -> Result<(), String> {
    for step in recorded_steps(execution).filter(|step| step.status == OperationStatus::Succeeded) {
        let attempt = step.finished_attempts();
        let happened = seen.ledger.iter().any(|entry| {
            entry.order == order && entry.step == name(step) && entry.attempt == attempt
        });
        law(happened, || {
            format!(
                "{order}: {} is recorded at attempt {attempt} and did not run",
                name(step)
            )
        })?;
    }
    for step in AT_MOST_ONCE {
        let starts = execution.history.iter().filter(|event| {
            event.event_type() == "StepStarted" && event.name.as_deref() == Some(step)
        });
        let (starts, runs) = (starts.count(), seen.runs(order, step));
        law(runs <= starts, || {
            format!("{order}: {step} ran {runs} times, and {starts} starts are recorded")
        })?;
    }
    Ok(())
}

/// What later steps did with a result, and what the workflow made of it in the end, is what is recorded as that result.
fn what_was_observed_is_what_is_recorded(
    seen: &Seen,
    order: &str,
    execution: &Execution,
) -> Result<(), String> {
    let result_of = |step: &str| -> Option<serde_json::Value> {
        let operation = execution
            .operations
            .values()
            .find(|operation| operation.name.as_deref() == Some(step))?;
        serde_json::from_str(operation.result()?).ok()
    };
    let uses = [
        ("validate", "charge"),
        ("print_label", "ship"),
        ("ship", "notify"),
    ];
    for (made, used) in uses {
        for entry in seen
            .ledger
            .iter()
            .filter(|entry| entry.order == order && entry.step == used)
        {
            let result = result_of(made).ok_or_else(|| {
                format!("{order}: {used} ran before the result of {made} was recorded")
            })?;
            let text = result
                .as_str()
                .map_or_else(|| result.to_string(), str::to_owned);
            law(entry.what.contains(&text), || {
                format!(
                    "{order}: {used} saw {:?}, and {made} gave {text}",
                    entry.what
                )
            })?;
        }
    }
    let Some(end) = execution.record.result.as_deref() else {
        return Ok(());
    };
    let end: serde_json::Value =
        serde_json::from_str(end).map_err(|error| format!("{order}: its result: {error}"))?;
    for (part, step) in [
        ("receipt", "charge"),
        ("shelf", "reserve_stock"),
        ("tracking", "ship"),
    ] {
        let observed = end.get(part);
        law(observed == result_of(step).as_ref(), || {
            format!("{order}: {step} was observed as {observed:?}")
        })?;
    }
    Ok(())
}

/// No attempt of an at-most-once step ran twice.
fn at_most_once_per_attempt(seen: &Seen) -> Result<(), String> {
    let mut attempts = BTreeSet::new();
    for entry in seen
        .ledger
        .iter()
        .filter(|entry| AT_MOST_ONCE.contains(&entry.step.as_str()))
    {
        let new = attempts.insert((&entry.order, &entry.step, entry.attempt));
        law(new, || {
            format!(
                "{}: {} ran twice in attempt {}",
                entry.order, entry.step, entry.attempt
            )
        })?;
    }
    Ok(())
}
