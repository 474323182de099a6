//! [`JsonLog`]: events as JSON, one object a line, with the execution and the operation they belong to.

mod line;

use std::fmt;
use std::io::{self, Write};

use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::{LookupSpan, Scope};

use self::line::{Line, Origin};

/// A tracing-subscriber layer that writes each event as one JSON object on one line, to stdout unless told otherwise.
///
/// | member | what |
/// | --- | --- |
/// | `timestamp` | when, RFC 3339 in UTC |
/// | `level`, `message`, `target` | as in the event |
/// | `executionArn`, `requestId` | the execution and the invocation, inside a workflow |
/// | `operationId`, `operationName`, `attempt` | the step, child or item whose code logs; `attempt` of a step's body only |
/// | `functionName` | the Lambda function, where there is one |
/// | all others | the event's fields |
///
/// A field of the event that is called like one of these doesn't replace it: it is written with an underscore in front.
///
/// Each line leaves in one write and is flushed, so that it is not lost when the process exits right after it.
///
/// Events that workflow code logs again while it replays are dropped by [`ReplayFilter`](crate::ReplayFilter) beside it. To see them
/// ("replay logging"), leave that out.
///
/// ```
/// use durable_runtime::{JsonLog, ReplayFilter};
/// use tracing_subscriber::prelude::*;
///
/// let subscriber = tracing_subscriber::registry()
///     .with(ReplayFilter::new())
///     .with(JsonLog::new());
/// // In `main`: `subscriber.init()`.
/// tracing::subscriber::with_default(subscriber, || {
///     tracing::info!(orders = 3, "ready");
/// });
/// ```
///
/// prints
///
/// ```json
/// {"timestamp":"2026-01-01T00:00:00.250Z","level":"INFO","message":"ready","target":"shop","orders":3}
/// ```
pub struct JsonLog<W = fn() -> io::Stdout> {
    writer: W,
    function_name: Option<String>,
}

impl JsonLog {
    /// To stdout.
    #[must_use]
    pub fn new() -> Self {
        Self {
            writer: io::stdout,
            function_name: std::env::var("AWS_LAMBDA_FUNCTION_NAME").ok(),
        }
    }
}

impl Default for JsonLog {
    fn default() -> Self {
        Self::new()
    }
}

impl<W> JsonLog<W> {
    /// To another writer, such as `std::io::stderr`.
    #[must_use]
    pub fn with_writer<V: for<'a> MakeWriter<'a> + 'static>(self, writer: V) -> JsonLog<V> {
        JsonLog {
            writer,
            function_name: self.function_name,
        }
    }
}

impl<W> fmt::Debug for JsonLog<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JsonLog")
            .field("function_name", &self.function_name)
            .finish_non_exhaustive()
    }
}

/// The spans that say where an event comes from are this crate's own.
fn is_ours(metadata: &tracing::Metadata<'_>) -> bool {
    metadata.target().starts_with("durable_runtime::")
}

impl<S, W> Layer<S> for JsonLog<W>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: for<'a> MakeWriter<'a> + 'static,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, cx: Context<'_, S>) {
        if is_ours(attributes.metadata())
            && let Some(span) = cx.span(id)
        {
            let mut origin = Origin::default();
            attributes.record(&mut origin);
            span.extensions_mut().insert(origin);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, cx: Context<'_, S>) {
        if let Some(span) = cx.span(id)
            && let Some(origin) = span.extensions_mut().get_mut::<Origin>()
        {
            values.record(origin);
        }
    }

    fn on_event(&self, event: &Event<'_>, cx: Context<'_, S>) {
        let mut origin = Origin::default();
        for span in cx.event_scope(event).into_iter().flat_map(Scope::into_iter) {
            if let Some(outer) = span.extensions().get::<Origin>() {
                origin.fill_from(outer);
            }
        }
        let line = Line::of(event, &origin, self.function_name.as_deref());
        let mut writer = self.writer.make_writer_for(event.metadata());
        // A log that can't be written has nobody to tell.
        let _ = writer.write_all(line.as_bytes());
        let _ = writer.flush();
    }
}
