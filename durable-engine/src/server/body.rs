//! Reading a request's body, as far as it may be read.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, BodyDataStream};
use bytes::Bytes;
use durable_runtime::wire::limits;
use futures_util::{Stream, StreamExt};
use http::header::{CONTENT_LENGTH, EXPECT};
use http::{HeaderMap, Method};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::check;
use super::failure::Failure;
use super::model::{Kind, Model, Shape};
use super::route::Route;

/// Largest payload of a synchronous invocation. Documentation of `InvocationRequest.Payload`.
const SYNC_PAYLOAD_MAX: usize = 6_291_456;
/// Largest payload of an asynchronous invocation. Documentation of `InvocationRequest.Payload`.
const ASYNC_PAYLOAD_MAX: usize = 1_048_576;
/// What JSON makes of a byte at most: `\u0000`.
const ESCAPED: usize = 6;
/// Room for what is around a payload, and for a body of small members.
const AROUND: usize = 64 * 1024;

/// How long a body may take. The largest, 38.5 MB of a checkpoint of which every byte is escaped, comes within it at 5.2 Mbit/s.
const TIME: Duration = Duration::from_secs(60);

/// How much of a refused body is read and thrown away, and for how long. A client that still writes doesn't see the answer.
const DISCARD_MAX: usize = 64 * 1024 * 1024;
const DISCARD_TIME: Duration = Duration::from_secs(5);

/// The most memory for large bodies of which it is not known yet who sent them: the signature covers the body.
const UNPROVED_MAX: usize = 256 * 1024 * 1024;

/// What is counted of them.
const UNIT: usize = 1024;

/// Memory for large bodies. A small one, of at most [`AROUND`], has what its connection has.
#[derive(Clone, Debug)]
pub(super) struct Room(Arc<Semaphore>);

impl Room {
    pub(super) fn new() -> Self {
        Self(Arc::new(Semaphore::new(UNPROVED_MAX / UNIT)))
    }

    /// Waits for room for this many bytes, which are less than all of it.
    async fn take(&self, bytes: usize) -> Option<OwnedSemaphorePermit> {
        let units = u32::try_from(bytes.div_ceil(UNIT)).unwrap_or(u32::MAX);
        Arc::clone(&self.0).acquire_many_owned(units).await.ok()
    }
}

/// A body, and the room it takes.
pub(super) struct Read {
    pub(super) bytes: Bytes,
    room: Option<OwnedSemaphorePermit>,
}

impl Read {
    /// It is known who sent it.
    pub(super) fn proved(self) -> Bytes {
        drop(self.room);
        self.bytes
    }
}

/// How large the body of a request may be, and what it is told when it is larger.
#[derive(Debug, Clone, Copy)]
struct Limit<'m> {
    bytes: usize,
    of: Of<'m>,
}

#[derive(Debug, Clone, Copy)]
enum Of<'m> {
    /// The payload of an invocation of this type.
    Invocation(&'static str),
    /// The value of one member.
    Member(&'m str, &'m Shape),
    /// The body of an operation.
    Operation(&'m str),
}

/// Reads the body of a request for this operation.
///
/// # Errors
/// When the body is larger than what the operation can ever take: at once when the length is announced, and otherwise as soon as that
/// much has come. Nothing beyond the limit is kept. When it has not come to its end after [`TIME`], or there is no room for it by then.
pub(super) async fn read(
    model: &Model,
    route: &Route<'_>,
    headers: &HeaderMap,
    body: Body,
    room: &Room,
) -> Result<Read, Failure> {
    if route.operation.http.method == Method::GET {
        let bytes = Bytes::new();
        return Ok(Read { bytes, room: None });
    }
    let limit = limit(model, route, headers);
    let announced = headers
        .get(CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    let mut body = body.into_data_stream();
    if let Some(length) = announced.filter(|length| *length > limit.bytes as u64) {
        discard(headers, &mut body).await;
        return Err(limit.exceeded(length));
    }
    let announced = announced.and_then(|length| usize::try_from(length).ok());
    let most = announced.unwrap_or(limit.bytes);
    let all = collect(headers, &mut body, limit, most, room);
    match tokio::time::timeout(TIME, all).await {
        Ok(read) => read,
        Err(_) => Err(Failure::too_slow(TIME)),
    }
}

async fn collect(
    headers: &HeaderMap,
    body: &mut BodyDataStream,
    limit: Limit<'_>,
    most: usize,
    room: &Room,
) -> Result<Read, Failure> {
    let mut read = Vec::new();
    let mut held = None;
    while let Some(chunk) = body.next().await {
        let chunk = chunk
            .map_err(|error| Failure::content(format!("the body could not be read: {error}")))?;
        // Not before so much has come: who announces and sends nothing takes no room.
        if held.is_none() && read.len() + chunk.len() > AROUND {
            held = room.take(most).await;
            // As much as was counted, where it is known: a vector that grows takes up to twice as much.
            read.reserve_exact(most.min(limit.bytes).saturating_sub(read.len()));
        }
        if read.len() + chunk.len() > limit.bytes {
            discard(headers, body).await;
            return Err(limit.exceeded((read.len() + chunk.len()) as u64));
        }
        read.extend_from_slice(&chunk);
    }
    Ok(Read {
        bytes: read.into(),
        room: held,
    })
}

/// Lets the client finish writing. One that asks before it writes has not begun.
pub(super) async fn discard<E>(
    headers: &HeaderMap,
    body: &mut (impl Stream<Item = Result<Bytes, E>> + Unpin),
) {
    if headers.contains_key(EXPECT) {
        return;
    }
    let mut left = DISCARD_MAX;
    let all = async {
        while let Some(Ok(chunk)) = body.next().await {
            left = left.saturating_sub(chunk.len());
            if left == 0 {
                break;
            }
        }
    };
    // What has not come by then is not waited for.
    let _ = tokio::time::timeout(DISCARD_TIME, all).await;
}

fn limit<'m>(model: &'m Model, route: &Route<'m>, headers: &HeaderMap) -> Limit<'m> {
    let input = model.input(route.operation);
    let payload = input.and_then(|input| {
        let (name, member) = input.members.get_key_value(input.payload.as_ref()?)?;
        Some((name, model.shape(&member.shape)?))
    });
    let (bytes, of) = match (route.name, payload) {
        ("Invoke", _) => {
            let kind = headers.get("x-amz-invocation-type");
            if kind.is_some_and(|kind| kind == "Event") {
                (ASYNC_PAYLOAD_MAX, Of::Invocation("Event"))
            } else {
                (SYNC_PAYLOAD_MAX, Of::Invocation("RequestResponse"))
            }
        }
        // The largest payload there is, in the longest form it can have, in a batch of small updates.
        ("CheckpointDurableExecution", _) => (
            limits::WIRE_PAYLOAD_MAX * ESCAPED + limits::BATCH_BYTES_MAX,
            Of::Operation(route.name),
        ),
        (_, Some((name, shape))) if shape.kind == Kind::Blob => {
            let max = shape.max.and_then(|max| usize::try_from(max).ok());
            (max.unwrap_or(SYNC_PAYLOAD_MAX), Of::Member(name, shape))
        }
        (_, Some(_)) => (
            limits::ERROR_MAX * ESCAPED + AROUND,
            Of::Operation(route.name),
        ),
        (_, None) => (AROUND, Of::Operation(route.name)),
    };
    Limit { bytes, of }
}

impl Limit<'_> {
    fn exceeded(self, length: u64) -> Failure {
        let limit = self.bytes;
        match self.of {
            Of::Invocation(kind) => Failure::too_large(format!(
                "{length} byte payload is too large for the {kind} invocation type (limit {limit} bytes)"
            )),
            Of::Member(name, shape) => match check::check_length(name, shape, length) {
                Err(message) => Failure::invalid(message),
                Ok(()) => Failure::too_large(format!(
                    "{name} has {length} bytes or more and the limit is {limit}"
                )),
            },
            Of::Operation(name) => Failure::too_large(format!(
                "the body of {name} has {length} bytes or more and the limit is {limit}; store the data elsewhere and send where it is"
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    /// As many of the largest as fit, and then none until one of them is proved.
    #[test]
    fn large_bodies_wait_for_room() {
        let room = Room::new();
        let largest = limits::WIRE_PAYLOAD_MAX * ESCAPED + limits::BATCH_BYTES_MAX;
        let take = |bytes| room.take(bytes).now_or_never();
        let mut held = Vec::new();
        while let Some(permit) = take(largest) {
            held.push(permit.unwrap());
        }
        assert_eq!(held.len(), UNPROVED_MAX / largest);
        held.pop();
        assert!(take(largest).is_some());
    }
}
