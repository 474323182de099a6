//! The spans of invocations and operations, as tracing-opentelemetry would see them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, in its helpers too"
)]

use std::fmt::Debug;
use std::sync::{Arc, Mutex};

use durable_engine::TestEngine;
use durable_runtime::prelude::*;
use tracing::Subscriber;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;

/// What a span is called, and what was said of it.
#[derive(Default)]
struct Named {
    name: String,
    said: Vec<String>,
}

impl Visit for Named {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let value = format!("{value:?}");
        let value = value.trim_matches('"');
        match field.name() {
            "otel.name" => value.clone_into(&mut self.name),
            "durable.attempt.number" => self.name.push_str(&format!(" {value}")),
            "durable.attempt.outcome"
            | "durable.invocation.status"
            | "otel.status_code"
            | "otel.status_description" => self.said.push(value.to_owned()),
            "durable.operation.type" | "durable.operation.subtype" | "durable.operation.name" => {
                assert!(!value.is_empty());
            }
            _ => {}
        }
    }
}

/// One line for each span that opens or closes.
#[derive(Clone, Default)]
struct Spans(Arc<Mutex<Vec<String>>>);

impl Spans {
    fn note(&self, line: String) {
        self.0.lock().unwrap().push(line);
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Spans {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, cx: Context<'_, S>) {
        let span = cx.span(id).unwrap();
        let mut named = Named::default();
        attributes.record(&mut named);
        let path = span.scope().skip(1).filter_map(|outer| {
            let extensions = outer.extensions();
            extensions.get::<Named>().map(|named| named.name.clone())
        });
        let path: Vec<String> = path.collect();
        self.note(format!("open {} in {path:?}", named.name));
        span.extensions_mut().insert(named);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, cx: Context<'_, S>) {
        let span = cx.span(id).unwrap();
        values.record(span.extensions_mut().get_mut::<Named>().unwrap());
    }

    fn on_close(&self, id: Id, cx: Context<'_, S>) {
        let span = cx.span(&id).unwrap();
        let extensions = span.extensions();
        let named = extensions.get::<Named>().unwrap();
        self.note(format!("close {} {}", named.name, named.said.join(" ")));
    }
}

#[step(retry = exponential(max_attempts = 2, initial_delay = "1s", jitter = "none"))]
async fn flaky(cx: &StepContext) -> Result<()> {
    if cx.attempt() == 1 {
        Err(Error::msg("not yet"))
    } else {
        Ok(())
    }
}

#[durable_workflow]
async fn nested() -> Result<()> {
    child("inner", || async {
        flaky().await?;
        sleep(Duration::from_secs(5)).named("nap").await;
        Ok::<_, Error>(())
    })
    .await
}

#[tokio::test]
async fn belong_to_one_invocation_each() {
    for evict in [false, true] {
        let spans = Spans::default();
        let subscriber = tracing_subscriber::registry().with(spans.clone());
        let _default = tracing::subscriber::set_default(subscriber);
        let mut builder = TestEngine::builder().register(nested);
        if evict {
            builder = builder.evict_always();
        }
        let engine = builder.start().await.unwrap();
        let run = engine.start(nested, ()).await.unwrap();
        run.result().await.unwrap();
        let lines = spans.0.lock().unwrap().clone();
        assert_eq!(
            lines,
            [
                r#"open nested in []"#,
                r#"open inner in ["nested"]"#,
                r#"open flaky 1 in ["inner", "nested"]"#,
                "close flaky 1 FAILED ERROR not yet",
                "close inner INCOMPLETE",
                "close nested PENDING",
                r#"open nested in []"#,
                r#"open inner in ["nested"]"#,
                r#"open flaky 2 in ["inner", "nested"]"#,
                "close flaky 2 SUCCEEDED",
                r#"open nap in ["inner", "nested"]"#,
                "close nap INCOMPLETE",
                "close inner INCOMPLETE",
                "close nested PENDING",
                r#"open nested in []"#,
                r#"open inner in ["nested"]"#,
                "close inner SUCCEEDED",
                "close nested SUCCEEDED",
            ],
            "evict: {evict}"
        );
    }
}
