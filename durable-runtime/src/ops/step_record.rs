//! A step's record: what is written of an outcome, and what is read of it later. Rule 13 of the runtime: live is replay.

use super::step::Settings;
use crate::fault::{StepFault, StepFaultKind, no_panic};
use crate::invocation::op::Op;
use crate::outcome::{Encoded, Recorded};
use crate::wire::{ErrorObject, limits};

/// What will be recorded, and the value as it reads back: what does not decode live would not decode on replay either.
pub(super) async fn record_of<Out>(
    op: &Op,
    settings: &Settings<Out>,
    encoded: Result<Encoded, String>,
) -> Result<(Encoded, Out), StepFault> {
    let not_recordable = |reason: String| {
        StepFault::new(
            StepFaultKind::NotRecordable,
            format!(
                "the result of {} can't be recorded: {reason}",
                op.describe()
            ),
        )
    };
    let mut encoded = encoded.map_err(not_recordable)?;
    let decode = |recorded: Recorded<'_>| {
        no_panic(|| (settings.outcome.decode)(recorded))
            .and_then(|decoded| decoded)
            .map_err(|reason| {
                not_recordable(format!("what was written does not read back: {reason}"))
            })
    };
    let out = match (&mut encoded, op.codec(settings.codec.as_deref())) {
        (Encoded::Value(json), codec @ Some(_)) => {
            *json = op
                .encode_payload(codec, std::mem::take(json))
                .await
                .map_err(not_recordable)?;
            let read = op.decode_payload(codec, json).await;
            decode(Recorded::Value(&read.map_err(not_recordable)?))?
        }
        (encoded, _) => decode(encoded.as_recorded())?,
    };
    let (what, size, limit) = match &encoded {
        Encoded::Value(json) => ("result", json.len(), limits::OPERATION_PAYLOAD_MAX),
        Encoded::Error(error) => ("error", error.size(), limits::ERROR_MAX),
    };
    if size > limit {
        return Err(StepFault::new(
            StepFaultKind::PayloadTooLarge,
            format!(
                "the {what} of {} has {size} bytes, and an operation may record {limit}; return a reference to it, or give the step a `codec` that compresses it or stores it elsewhere",
                op.describe()
            ),
        ));
    }
    Ok((encoded, out))
}

/// The recorded outcome, decoded.
pub(super) async fn recorded<Out>(op: &Op, settings: &Settings<Out>) -> Out {
    // The text is taken out while it is decoded, so that no lock is held while user code runs, and put back for a replay
    // in the same process.
    let details = match op.codec(settings.codec.as_deref()) {
        None => op
            .with_record(|operation| operation.step_details.as_mut().map(std::mem::take))
            .flatten(),
        // Decoding waits, and may be dropped while it does.
        Some(_) => op
            .with_record(|operation| operation.step_details.clone())
            .flatten(),
    };
    let details = details.unwrap_or_default();
    let decoded = match &details.error {
        Some(error) => match StepFault::from_object(error) {
            Some(fault) => match settings.outcome.made_of_fault(fault) {
                Ok(out) => Ok(out),
                Err(_) => {
                    let error = error.clone();
                    put_back(op, details);
                    op.here.fail(error).await
                }
            },
            None => (settings.outcome.decode)(Recorded::Error(error)),
        },
        None => {
            let recorded = details.result.as_deref().unwrap_or("null");
            let json = op.decode_payload(settings.codec.as_deref(), recorded).await;
            json.and_then(|json| (settings.outcome.decode)(Recorded::Value(&json)))
        }
    };
    put_back(op, details);
    match decoded {
        Ok(out) => out,
        Err(reason) => op.here.fail(undecodable(op, &reason)).await,
    }
}

fn put_back(op: &Op, details: crate::wire::StepDetails) {
    op.with_record(|operation| operation.step_details = Some(details));
}

/// The type of the error of an execution whose recorded results can't be read.
pub(crate) const RESULT_UNDECODABLE: &str = "RecordedResultUndecodable";

impl Op {
    /// The workflow is told that it can't read a record, and may handle that. Whoever replays a history wants to know it all the same.
    pub(super) fn note_unread(&self, reason: &str) {
        if self.here.core.replay_only {
            let told = format!(
                "the recorded result of {} can't be read back: {reason}{}",
                self.describe(),
                self.recorded_value()
            );
            self.here.core.state.lock().unread.push(told);
        }
    }

    /// `; recorded was 42`, shortened, for whoever replays a history.
    pub(super) fn recorded_value(&self) -> String {
        const MOST: usize = 300;
        let recorded = self.with_record(|operation| {
            let error = || {
                operation
                    .error()
                    .and_then(|error| error.error_message.clone())
            };
            operation.result().map(str::to_owned).or_else(error)
        });
        let Some(text) = recorded.flatten() else {
            return String::new();
        };
        let cut: String = text.chars().take(MOST).collect();
        let more = if cut.len() < text.len() { "…" } else { "" };
        format!("; recorded was `{cut}{more}`")
    }
}

/// What was recorded by older code no longer fits the type.
pub(super) fn undecodable(op: &Op, reason: &str) -> ErrorObject {
    // Only where somebody asks for it: errors of executions go to logs, and results may be nobody's business there.
    let value = if op.here.core.replay_only {
        op.recorded_value()
    } else {
        String::new()
    };
    ErrorObject::new(
        RESULT_UNDECODABLE,
        format!(
            "the recorded result of {} can't be read back: {reason}{value}. Where it no longer fits its type, keep the type readable for recorded values (`#[serde(default)]`, `#[serde(alias)]`), or give the changed step a new name",
            op.describe()
        ),
    )
}
