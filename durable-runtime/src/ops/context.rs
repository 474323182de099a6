//! What awaiting a CONTEXT does: a part of a workflow with a scope of its own, recorded as a whole.

use std::future::Future;
use std::pin::Pin;

use super::step_record::undecodable;
use crate::codec::Codec;
use crate::current::scoped;
use crate::durable::Tuning;
use crate::invocation::op::{Here, Op, OpKind, Snapshot};
use crate::invocation::{Attempt, Urgency};
use crate::outcome::{Encoded, Outcome, Recorded};
use crate::replay::ScopeIndex;
use crate::saga::conclude;
use crate::site::{Definition, Site};
use crate::wire::{
    ContextDetails, ErrorObject, OperationStatus, OperationType, OperationUpdate, limits,
};

/// How one context is carried out.
pub(super) struct Context<Out> {
    pub(super) kind: &'static OpKind,
    pub(super) name: &'static str,
    /// Of a child workflow; everything else shares its parent's.
    pub(super) definition: Option<&'static Definition>,
    pub(super) outcome: Outcome<Out>,
    pub(super) tuning: Tuning,
    pub(super) codec: Option<Box<dyn Codec>>,
    pub(super) record: Record,
}

/// What is recorded of a context, and of which scopes it consists.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Record {
    /// A CONTEXT around one scope.
    Own,
    /// Nothing: its operations are those of the context around.
    None,
    /// A CONTEXT around one scope for each attempt of its body.
    OfAttempts,
}

/// Runs what `make` makes in a scope of its own and records how it ended, unless that is recorded already.
pub(super) async fn run<Out: Send, Fut: Future<Output = Out> + Send>(
    site: &'static Site,
    context: Context<Out>,
    make: impl FnOnce() -> Fut + Send,
) -> Out {
    let Context {
        kind,
        name,
        definition,
        outcome,
        tuning,
        codec,
        record,
    } = context;
    let flat = record == Record::None;
    let codec = codec.as_deref();
    // Boxed, as what else is awaited before and behind the body: contexts are polled inside each other, and what stands in this future takes stack at every
    // level.
    let (op, known) = Box::pin(arrive(site, &tuning, kind, name, flat)).await;
    let rebuild = op
        .with_record(|operation| operation.replay_children())
        .unwrap_or(false);
    match known {
        Some(Snapshot {
            status: OperationStatus::Succeeded | OperationStatus::Failed,
            ..
        }) if rebuild => {}
        Some(Snapshot {
            status: OperationStatus::Succeeded | OperationStatus::Failed,
            ..
        }) => {
            return Box::pin(recorded(&op, &outcome, codec)).await;
        }
        Some(_) => {}
        None if flat => {}
        None => {
            op.push(
                OperationUpdate::start(OperationType::Context, op.id()),
                Urgency::Lazy,
            );
        }
    }
    let key = tuning.key().unwrap_or_default();
    let (scope, depth) = open(&op, key, definition, rebuild, record);
    if depth > MAX_DEPTH {
        Box::pin(op.here.fail(too_deep(&op))).await;
    }
    let mut observed = if flat {
        Attempt::hidden(&op)
    } else {
        Attempt::context(&op, rebuild)
    };
    let inside = Here {
        core: op.here.core.clone(),
        scope,
    };
    let body = match definition {
        Some(_) => workflow(outcome, make()),
        None => part(inside, outcome, make()),
    };
    let body = scoped(op.here.core.clone(), scope, body);
    let ended = observed.run(body).await;
    let written = match (flat, rebuild) {
        (true, _) => Written::Nowhere,
        (_, true) => Written::Before,
        _ => Written::Now,
    };
    Box::pin(finish(&op, &outcome, codec, ended, written, observed)).await
}

/// What is to be done about the record of a context that ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Written {
    Now,
    /// It is rebuilt.
    Before,
    /// It is flat.
    Nowhere,
}

async fn arrive(
    site: &'static Site,
    tuning: &Tuning,
    kind: &'static OpKind,
    name: &str,
    flat: bool,
) -> (Op, Option<Snapshot>) {
    if !flat {
        return Op::reach(site, tuning, kind, Some(name)).await;
    }
    let here = Here::get(site);
    let place = here.place(site, tuning).await;
    (Op::unrecorded(here, place, site, kind), None)
}

fn open(
    op: &Op,
    key: &str,
    definition: Option<&'static Definition>,
    rebuild: bool,
    record: Record,
) -> (ScopeIndex, u32) {
    let state = &mut *op.here.core.state.lock();
    if let Some(definition) = definition {
        state.history.retire(definition.retired());
    }
    let scopes = &mut state.scopes;
    let (around, site, place) = (op.here.scope, op.site, op.place);
    let scope = match record {
        Record::None => scopes.open_flat(around, site, key, place, definition),
        Record::Own => scopes.open_context(around, site, key, place, definition, rebuild),
        Record::OfAttempts => scopes.open_batch(around, site, key, place, rebuild),
    };
    (scope, scopes.get(scope).map_or(0, |scope| scope.depth))
}

/// How the code in a context ended.
struct Ended {
    encoded: Result<Encoded, String>,
    /// It has to run again on a replay, for it registered compensations.
    holds: bool,
}

/// The code in a context. Boxed, and made in functions of its own, because contexts are polled inside each other: what stands here takes no stack there.
type Inside<'a> = Pin<Box<dyn Future<Output = Ended> + Send + 'a>>;

/// A called workflow, which undoes what it did when it fails.
fn workflow<'a, Out: Send + 'a>(
    outcome: Outcome<Out>,
    body: impl Future<Output = Out> + Send + 'a,
) -> Inside<'a> {
    Box::pin(async move {
        Ended {
            encoded: conclude(outcome, body).await,
            holds: false,
        }
    })
}

/// A part of the workflow around.
fn part<'a, Out: Send + 'a>(
    here: Here,
    outcome: Outcome<Out>,
    body: impl Future<Output = Out> + Send + 'a,
) -> Inside<'a> {
    Box::pin(async move {
        let encoded = {
            let out = body.await;
            outcome.encode(&out)
        };
        // What was registered in here only the code in here can register again.
        let state = here.core.state.lock();
        let scope = state.scopes.get(here.scope);
        Ended {
            encoded,
            holds: scope.is_some_and(|scope| scope.lineage.holds()),
        }
    })
}

/// Records how the child ended; a rebuilt one is recorded already.
async fn finish<Out>(
    op: &Op,
    outcome: &Outcome<Out>,
    codec: Option<&dyn Codec>,
    ended: Ended,
    written: Written,
    observed: Attempt<'_>,
) -> Out {
    if written == Written::Now && op.here.core.replay_only {
        // Before a codec is asked, which may store something elsewhere.
        op.hold().await;
    }
    let Ended { encoded, holds } = ended;
    let read_back = match written {
        // Live is replay, also where nothing is recorded: with a context and without one the caller sees the same.
        Written::Nowhere => encoded.and_then(|encoded| {
            let out = (outcome.decode)(encoded.as_recorded())?;
            Ok((encoded, out))
        }),
        _ => read_back(op, outcome, codec, encoded).await,
    };
    let (encoded, out) = match read_back {
        Ok(read_back) => read_back,
        Err(reason) => {
            let error = not_recordable(op, &reason);
            observed.failed(&error);
            op.here.fail(error).await
        }
    };
    observed.ended(&encoded);
    if written != Written::Now {
        return out;
    }
    let id = op.id();
    let update = match encoded {
        // Too large for a record of its own: written without payload, and rebuilt from its children on replay.
        Encoded::Value(json) if json.len() > limits::REPLAY_CHILDREN_THRESHOLD => {
            OperationUpdate::succeed(OperationType::Context, id)
                .with_payload("")
                .with_replay_children()
        }
        Encoded::Value(json) => {
            OperationUpdate::succeed(OperationType::Context, id).with_payload(json)
        }
        Encoded::Error(error) if error.size() > limits::ERROR_MAX => {
            op.here.fail(too_large(op, error.size())).await
        }
        Encoded::Error(error) => OperationUpdate::fail(OperationType::Context, id, error),
    };
    let update = if holds {
        update.with_replay_children()
    } else {
        update
    };
    op.write(update).await;
    out
}

/// What will be recorded, and the value as it reads back: a rebuilt child sees what the first run saw.
async fn read_back<Out>(
    op: &Op,
    outcome: &Outcome<Out>,
    codec: Option<&dyn Codec>,
    encoded: Result<Encoded, String>,
) -> Result<(Encoded, Out), String> {
    match encoded? {
        Encoded::Value(json) => {
            let recorded = op.encode_payload(codec, json).await?;
            let json = op.decode_payload(codec, &recorded).await?;
            let out = (outcome.decode)(Recorded::Value(&json))?;
            drop(json);
            Ok((Encoded::Value(recorded), out))
        }
        encoded @ Encoded::Error(_) => {
            let out = (outcome.decode)(encoded.as_recorded())?;
            Ok((encoded, out))
        }
    }
}

async fn recorded<Out>(op: &Op, outcome: &Outcome<Out>, codec: Option<&dyn Codec>) -> Out {
    let details: Option<Box<ContextDetails>> = match op.codec(codec) {
        None => op
            .with_record(|operation| operation.context_details.as_mut().map(std::mem::take))
            .flatten(),
        // Decoding waits, and may be dropped while it does.
        Some(_) => op
            .with_record(|operation| operation.context_details.clone())
            .flatten(),
    };
    let details = details.unwrap_or_default();
    let decoded = match &details.error {
        Some(error) => (outcome.decode)(Recorded::Error(error)),
        None => {
            let recorded = details.result.as_deref().unwrap_or("null");
            let json = op.decode_payload(codec, recorded).await;
            json.and_then(|json| (outcome.decode)(Recorded::Value(&json)))
        }
    };
    op.with_record(|operation| operation.context_details = Some(details));
    match decoded {
        Ok(out) => out,
        Err(reason) => op.here.fail(undecodable(op, &reason)).await,
    }
}

/// How deep children may be nested. Each level is polled inside the one around it, so depth costs stack: a build without optimisations has
/// room for about 180 levels on a thread of 2 MiB, which is what tokio's workers have.
pub(super) const MAX_DEPTH: u32 = 100;

pub(super) fn too_deep(op: &Op) -> ErrorObject {
    ErrorObject::new(
        "NestedTooDeep",
        format!(
            "{} is nested more than {MAX_DEPTH} children deep; use a loop, or start another execution",
            op.describe()
        ),
    )
}

pub(super) fn not_recordable(op: &Op, reason: &str) -> ErrorObject {
    ErrorObject::new(
        "ResultNotRecordable",
        format!(
            "the result of {} can't be recorded: {reason}",
            op.describe()
        ),
    )
}

pub(super) fn too_large(op: &Op, size: usize) -> ErrorObject {
    ErrorObject::new(
        "PayloadTooLarge",
        format!(
            "the error of {} has {size} bytes, and an operation may record {}; put less into the error",
            op.describe(),
            limits::ERROR_MAX
        ),
    )
}
