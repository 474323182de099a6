//! A workflow of n steps as a Lambda function, against a service on loopback, by each client.

mod service;

use std::alloc::System;
use std::time::Instant;
use std::{env, process::ExitCode};

use durable_runtime::lambda::aws_sdk_lambda::config::{
    BehaviorVersion, Config, Credentials, Region as AwsRegion,
};
use durable_runtime::lambda::lambda_runtime::Context;
use durable_runtime::lambda::{self, LeanClient, Service, aws_sdk_lambda};
use durable_runtime::prelude::*;
use serde_json::json;
use serde_json::value::RawValue;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

const USAGE: &str = "usage: durable-calls serve | run CLIENT STEPS ADDRESS | measure CLIENT ROUNDS ADDRESS; CLIENT is `sdk` or `lean`";

/// What a step returns: 98 characters, 100 bytes as JSON, as in the other benches.
#[step]
async fn work() -> Result<String> {
    Ok("x".repeat(98))
}

#[durable_workflow]
async fn sequential(steps: usize) -> Result<usize> {
    let mut total = 0;
    for _ in 0..steps {
        total += work().await?.len();
    }
    Ok(total)
}

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[&str]) -> std::result::Result<(), String> {
    match arguments {
        ["serve"] => service::serve().map_err(|error| format!("can't serve: {error}")),
        ["run", client, steps, address] => {
            let subject = Subject::new(client, address)?;
            subject.live(number(steps)?);
            Ok(())
        }
        ["measure", client, rounds, address] => {
            let subject = Subject::new(client, address)?;
            measure(&subject, number(rounds)?);
            Ok(())
        }
        _ => Err(USAGE.to_owned()),
    }
}

fn number(text: &str) -> std::result::Result<usize, String> {
    text.parse()
        .map_err(|_| format!("`{text}` is no number\n{USAGE}"))
}

struct Subject {
    service: Service,
    runtime: tokio::runtime::Runtime,
}

impl Subject {
    fn new(client: &str, address: &str) -> std::result::Result<Self, String> {
        let host = lambda::host(sequential);
        let host = match client {
            "sdk" => host.client(sdk(address)),
            "lean" => host.lean_client(lean(address)),
            other => return Err(format!("no client is called `{other}`\n{USAGE}")),
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| format!("no runtime: {error}"))?;
        Ok(Self {
            service: host.into_service(),
            runtime,
        })
    }

    /// Runs this many steps, each with a call of its own.
    fn live(&self, steps: usize) {
        let event = json!({
            "DurableExecutionArn": "arn:aws:lambda:eu-central-1:123456789012:function:bench:1/durable-execution/one/one",
            "CheckpointToken": "token",
            "InitialExecutionState": { "Operations": [{
                "Id": "one", "Type": "EXECUTION", "Status": "STARTED", "StartTimestamp": 1_767_225_600_000_u64,
                "ExecutionDetails": { "InputPayload": steps.to_string() },
            }] },
        });
        let event = RawValue::from_string(event.to_string()).expect("an event is JSON");
        let answer = self
            .runtime
            .block_on(self.service.handle(&event, &Context::default()));
        let answer = answer.expect("the service on loopback accepts everything");
        assert_eq!(answer.result, Some((steps * 98).to_string()), "it ran to its end");
    }
}

fn sdk(address: &str) -> aws_sdk_lambda::Client {
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(AwsRegion::new("eu-central-1"))
        .credentials_provider(Credentials::new("AKIDBENCH", "secret", None, None, "bench"))
        .endpoint_url(format!("http://{address}"))
        .build();
    aws_sdk_lambda::Client::from_conf(config)
}

fn lean(address: &str) -> LeanClient {
    let url = format!("http://{address}");
    LeanClient::with_environment(move |name| {
        Some(match name {
            "AWS_REGION" => "eu-central-1".to_owned(),
            "AWS_ENDPOINT_URL" => url.clone(),
            "AWS_ACCESS_KEY_ID" => "AKIDBENCH".to_owned(),
            "AWS_SECRET_ACCESS_KEY" => "secret".to_owned(),
            _ => return None,
        })
    })
}

/// Of a step: the medians of rounds of 1,000 steps, and the allocations that 2,000 have more than 1,000.
fn measure(subject: &Subject, rounds: usize) {
    const STEPS: usize = 1000;
    subject.live(STEPS);
    let mut nanos: Vec<u128> = (0..rounds.max(1))
        .map(|_| {
            let started = Instant::now();
            subject.live(STEPS);
            started.elapsed().as_nanos() / STEPS as u128
        })
        .collect();
    nanos.sort_unstable();
    let counts = [STEPS, 2 * STEPS].map(|steps| {
        let region = Region::new(ALLOCATOR);
        subject.live(steps);
        let change = region.change();
        (change.allocations, change.reallocations, change.bytes_allocated)
    });
    let [few, more] = counts;
    let of_a_step = |few: usize, more: usize| (more - few) as f64 / STEPS as f64;
    println!(
        "{} {} {} {:.1} {:.1} {:.0}",
        nanos[nanos.len() / 2],
        nanos[0],
        nanos[nanos.len() - 1],
        of_a_step(few.0, more.0),
        of_a_step(few.1, more.1),
        of_a_step(few.2, more.2)
    );
}
