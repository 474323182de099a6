//! Executions of a Lambda binary behind the server.

use std::path::Path;
use std::time::{Duration, Instant};

use durable_runtime::lambda::aws_sdk_lambda::error::ProvideErrorMetadata;
use serde_json::Value;

use crate::functions::Order;
use crate::support::{Served, client, folder, output, tool};

fn order(id: &str) -> Order {
    Order {
        id: id.to_owned(),
        crash: false,
        wait_seconds: 1,
    }
}

fn log(folder: &Path) -> Vec<Value> {
    log_of(folder, "orders")
}

fn log_of(folder: &Path, function: &str) -> Vec<Value> {
    let text = std::fs::read_to_string(folder.join(format!("logs/{function}.log"))).unwrap();
    text.lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect()
}

fn said<'a>(log: &'a [Value], message: &str) -> Vec<&'a Value> {
    log.iter()
        .filter(|line| line["message"] == message)
        .collect()
}

#[tokio::test]
async fn an_order_goes_through_a_retry_a_wait_and_a_crash() {
    let folder = folder();
    let served = Served::start(folder.path(), &["--in-memory", "--log-dir", "logs"]);
    let crashing = Order {
        crash: true,
        ..order("order-42")
    };
    let smooth = order("order-43");

    let (result, other) = tokio::join!(served.run(&crashing), served.run(&smooth));

    assert_eq!(result, "paid order-42, shipped order-42");
    assert_eq!(other, "paid order-43, shipped order-43");
    let log = log(folder.path());
    assert_eq!(said(&log, "about to crash").len(), 1, "{log:#?}");
    assert_eq!(
        said(&log, "charged").len(),
        2,
        "once for each, although both replay"
    );
    let attempts = said(&log, "charging");
    assert_eq!(attempts.len(), 4, "two for each order");
    let of_the_first = |line: &&&Value| line["order"] == "order-42";
    let numbers: Vec<_> = attempts
        .iter()
        .filter(of_the_first)
        .map(|line| line["attempt"].as_u64().unwrap())
        .collect();
    assert_eq!(numbers, [1, 2]);
    for line in attempts {
        assert!(
            line["executionArn"]
                .as_str()
                .unwrap()
                .starts_with("arn:aws:lambda:us-east-1:"),
            "{line}"
        );
        assert_eq!(line["functionName"], "orders");
        assert_eq!(line["operationName"], "charge");
        assert!(line["requestId"].is_string(), "{line}");
    }
    let (status, _) = served.end("INT");
    assert!(status.success());
}

/// The function's own calls are let in too, and what the operator gave isn't shown or handed on.
#[tokio::test]
async fn with_credentials_only_who_has_them_is_served_wherever_it_listens() {
    let folder = folder();
    let (id, secret) = ("OPERATOR", "0fd1b9c8a4e7435c");
    let mut serve = tool(
        folder.path(),
        &[
            "serve",
            "--in-memory",
            "--listen",
            "0.0.0.0:0",
            "--log-dir",
            "logs",
        ],
    );
    serve
        .env("DURABLE_ACCESS_KEY_ID", id)
        .env("DURABLE_SECRET_ACCESS_KEY", secret);
    let served = Served::of(serve, id, secret);
    assert!(!served.announced.contains(secret), "{}", served.announced);
    assert!(
        served
            .announced
            .contains("the credentials that this was given"),
        "{}",
        served.announced
    );

    let result = served.run(&order("order-46")).await;

    assert_eq!(result, "paid order-46, shipped order-46");
    let log = log(folder.path());
    let seen = said(&log, "charging")[0]["credentials"].as_str().unwrap();
    assert!(seen.starts_with("LOCAL") && !seen.contains(','), "{seen}");
    let url = served
        .announced
        .split_whitespace()
        .find(|word| word.starts_with("http://"));
    let stranger = client(url.unwrap().trim_end_matches(','), id, "another-secret-0");
    let refused = stranger
        .invoke()
        .function_name("orders")
        .send()
        .await
        .unwrap_err();
    assert_eq!(refused.code(), Some("InvalidSignatureException"));
    served.end("INT");
}

#[tokio::test]
async fn it_says_what_it_serves_and_how_to_reach_it() {
    let folder = folder();
    let served = Served::start(folder.path(), &["--in-memory"]);
    for part in [
        "in memory",
        "orders    durable, at most 1h",
        "export AWS_ENDPOINT_URL_LAMBDA=http://127.0.0.1:",
        "--function-name 'orders:$LATEST'",
        "boto3.client(\"lambda\", endpoint_url=\"http://127.0.0.1:",
    ] {
        assert!(
            served.announced.contains(part),
            "{part}\n{}",
            served.announced
        );
    }
    let (status, words) = served.end("TERM");
    assert!(status.success() && words.contains("Ending"), "{words}");
}

#[tokio::test]
async fn an_execution_goes_on_when_the_server_is_started_again() {
    let folder = folder();
    let database = ["--db", "orders.db", "--log-dir", "logs"];
    let served = Served::start(folder.path(), &database);
    let patient = Order {
        wait_seconds: 3,
        ..order("order-44")
    };
    let arn = served.begin(&patient).await;
    served.until(&arn, "WaitStarted").await;
    let started = Instant::now();
    let (status, _) = served.end("INT");
    assert!(status.success());
    assert!(started.elapsed() < Duration::from_secs(2), "nothing ran");

    let listed = output(folder.path(), &["list", "--db", "orders.db"]);
    let listed = String::from_utf8(listed.stdout).unwrap();
    assert!(
        listed.contains("order-44") && listed.contains("RUNNING"),
        "{listed}"
    );

    let served = Served::start(folder.path(), &database);
    assert_eq!(
        served.run(&patient).await,
        "paid order-44, shipped order-44"
    );
    assert_eq!(said(&log(folder.path()), "charging").len(), 2);
    served.end("INT");
}

#[tokio::test]
async fn blocking_work_that_outlives_its_invocation_ends_the_process_before_the_next_attempt() {
    let folder = folder();
    let served = Served::start(folder.path(), &["--in-memory", "--log-dir", "logs"]);

    let result = served.run_in("stubborn", &order("order-45")).await;

    assert_eq!(result, "another process");
    let log = log_of(folder.path(), "stubborn");
    let failed = log.iter().find(|line| line["level"] == "ERROR").unwrap();
    assert_eq!(failed["error_type"], "OutOfTime", "{failed}");
    let warned = |line: &&Value| {
        line["message"]
            .as_str()
            .unwrap_or_default()
            .contains("outlived")
    };
    assert_eq!(log.iter().filter(warned).count(), 1, "{log:#?}");
    served.end("INT");
}
