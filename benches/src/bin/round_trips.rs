//! Round trips: 100 steps one after another, 100 at once, and a `map` of 100 items with a step each, against a service on loopback that answers after 5 ms.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Instant;

use aws_durable_execution_sdk as official;
use aws_sdk_lambda::Client;
use durable_benches::history::first_invocation;
use durable_benches::lambda_core::map_of_steps;
use durable_benches::measure::print;
use durable_benches::ours::{fan_out, fan_out_nested, sequential};
use durable_benches::ours_lambda::answer;
use durable_benches::slow::Slow;
use durable_benches::{RESULT_CHARS, result, runtime};
use durable_runtime::lambda::{self, Service};
use official::builders::map_parallel::NestingMode;
use official::lambda_runtime::{Context, Error, LambdaEvent};
use official::{BoxError, DurableContext, InvocationPayload, InvocationResponse, Options};

const STEPS: usize = 100;

/// Runs the workflow once, and gives its answer as JSON.
type Subject = Box<dyn Fn() -> Pin<Box<dyn Future<Output = String>>>>;

fn main() {
    let rounds = std::env::args().nth(1).map_or(3, |rounds| {
        rounds.parse().expect("usage: round_trips [ROUNDS]")
    });
    let runtime = runtime(2);
    let slow = runtime.block_on(Slow::start());
    let options = |batching| {
        let options = Options::builder().lambda_client(slow.client());
        let options = options.checkpoint_batching(batching).build();
        options.expect("valid options")
    };
    let one_by_one = |batching| theirs(official::wrap(one_after_another, options(batching)));
    let at_once = |batching| theirs(official::wrap(all_at_once, options(batching)));
    let mapped = |batching| theirs(official::wrap(mapped_nested, options(batching)));
    let mapped_flat = |batching| theirs(official::wrap(mapped_flat, options(batching)));
    let host = lambda::host(sequential).client(slow.client());
    let fan = lambda::host(fan_out).client(slow.client());
    let flat = lambda::host(fan_out).client(slow.client());
    let nested = lambda::host(fan_out_nested).client(slow.client());
    let subjects = [
        ("sequential", "ours", ours(host.into_service())),
        ("sequential", "official", one_by_one(false)),
        ("sequential", "official-batching", one_by_one(true)),
        ("parallel", "ours", ours(fan.into_service())),
        ("parallel", "official", at_once(false)),
        ("parallel", "official-batching", at_once(true)),
        ("map", "ours", ours(nested.into_service())),
        ("map", "official", mapped(false)),
        ("map", "official-batching", mapped(true)),
        ("map", "lambda-core", lambda_core(slow.client())),
        ("map-flat", "ours", ours(flat.into_service())),
        ("map-flat", "official", mapped_flat(false)),
        ("map-flat", "official-batching", mapped_flat(true)),
    ];
    // The first round opens the connections, and is thrown away.
    for round in 0..=rounds {
        for (shape, name, run) in &subjects {
            let begun = Instant::now();
            let output = runtime.block_on(run());
            let millis = begun.elapsed().as_secs_f64() * 1e3;
            let expected = format!(r#""Result":"{}""#, STEPS * RESULT_CHARS);
            assert!(output.contains(&expected), "{name}: {output}");
            let calls = slow.take_calls();
            if round > 0 {
                #[expect(clippy::cast_precision_loss, reason = "a call count is far below 2^52")]
                print(&format!("trips.{shape}.calls"), name, calls as f64);
                print(&format!("trips.{shape}.ms"), name, millis);
            }
        }
    }
}

fn ours(service: Service) -> Subject {
    Box::new(move || {
        let service = service.clone();
        Box::pin(async move {
            let output = answer(&service, &first_invocation(STEPS)).await;
            serde_json::to_string(&output).expect("JSON")
        })
    })
}

fn theirs<F, Fut>(service: F) -> Subject
where
    F: Fn(LambdaEvent<InvocationPayload>) -> Fut + 'static,
    Fut: Future<Output = Result<InvocationResponse, Error>>,
{
    let service = Arc::new(service);
    Box::new(move || {
        let service = Arc::clone(&service);
        Box::pin(async move {
            let payload = serde_json::from_slice(&first_invocation(STEPS)).expect("a payload");
            let answer = service(LambdaEvent::new(payload, Context::default())).await;
            serde_json::to_string(&answer.expect("an answer")).expect("JSON")
        })
    })
}

fn lambda_core(client: Client) -> Subject {
    Box::new(move || {
        let client = client.clone();
        Box::pin(async move { map_of_steps(client, &first_invocation(STEPS)).await })
    })
}

async fn one_after_another(steps: usize, cx: DurableContext) -> Result<usize, BoxError> {
    let mut total = 0;
    for _ in 0..steps {
        let step = cx.step(|_| async { Ok(result()) }).name("work");
        total += step.await?.len();
    }
    Ok(total)
}

async fn all_at_once(steps: usize, cx: DurableContext) -> Result<usize, BoxError> {
    let running: Vec<_> = (0..steps)
        .map(|_| cx.step(|_| async { Ok(result()) }).name("work").spawn())
        .collect();
    let mut total = 0;
    for step in running {
        total += step.await?.len();
    }
    Ok(total)
}

/// Each item with a context of its own, as `map` comes.
async fn mapped_nested(steps: usize, cx: DurableContext) -> Result<usize, BoxError> {
    let results = cx
        .map(0..steps, |cx, _, _| async move {
            let step = cx.step(|_| async { Ok(result()) }).name("work");
            Ok(step.await?)
        })
        .await?;
    Ok(results.iter().map(String::len).sum())
}

/// The items' steps as the map's own.
async fn mapped_flat(steps: usize, cx: DurableContext) -> Result<usize, BoxError> {
    let results = cx
        .map(0..steps, |cx, _, _| async move {
            let step = cx.step(|_| async { Ok(result()) }).name("work");
            Ok(step.await?)
        })
        .nesting(NestingMode::Flat)
        .await?;
    Ok(results.iter().map(String::len).sum())
}
