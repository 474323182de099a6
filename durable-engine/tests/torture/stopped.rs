//! Processes that are stopped (SIGSTOP) for longer than anybody waits for them.

use std::time::{Duration, Instant};

use durable_engine::runtime_api::Endpoint;
use durable_engine::server::Server;
use durable_engine::{DurableConfig, Engine, FunctionConfig};

use crate::client::Request;
use crate::engine::Place;
use crate::kills::Load;
use crate::laws::Ended;
use crate::ledger::Pages;
use crate::outside::{self, Held, STEP, TIMEOUT};

const PATIENCE: Duration = Duration::from_secs(60);

async fn until<T>(what: &str, mut find: impl AsyncFnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(found) = find().await {
            return found;
        }
        assert!(
            started.elapsed() < PATIENCE,
            "it never came to this: {what}"
        );
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Whether there is such a process, and it is more than a name in the table that nobody has collected yet.
fn runs(pid: u32) -> bool {
    let ps = std::process::Command::new("ps")
        .args(["-o", "stat=", "-p", &pid.to_string()])
        .output()
        .unwrap();
    let state = String::from_utf8(ps.stdout).unwrap();
    !state.trim().is_empty() && !state.trim().starts_with('Z')
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stopped_function_is_given_up_and_its_late_answers_change_nothing() {
    let place = Place::new();
    let folder = place.database().parent().unwrap().to_owned();
    let endpoint = Endpoint::later();
    let function = outside::bootstrap(&place.ledger(), &folder)
        .endpoint_url(endpoint.clone())
        .log_file(folder.join("errors"))
        .start()
        .unwrap();
    let config = FunctionConfig::new(outside::NAME).durable(DurableConfig::default());
    let engine = Engine::open(place.database())
        .unwrap()
        .function(config, function)
        .start()
        .await
        .unwrap();
    let server = Server::new(engine.service()).bind("127.0.0.1:0").await;
    let server = server.unwrap();
    let address = server.local_addr();
    endpoint.set(format!("http://{address}"));
    let serving = tokio::spawn(server.serve_until(std::future::pending()));

    let input = outside::Input {
        name: "late".to_owned(),
        stops: true,
    };
    let input = serde_json::to_string(&input).unwrap();
    let started = Request::start(outside::NAME, "late", input)
        .send(address)
        .await;
    assert_eq!(started.unwrap().status, 202);
    let held = until("the process stops", async || Held::read(&folder, "late")).await;
    let stopped = Instant::now();

    // What the stopped process would say, in the name of the dead and after the end.
    let late = async || {
        let history = engine.history(&held.arn).await.unwrap();
        let body = outside::checkpoint(&held.token, "from the dead");
        let answer = Request::checkpoint(&held.arn, body).send(address).await;
        let answer = answer.unwrap();
        (history, answer)
    };
    until("the process is given up", async || {
        (!runs(held.pid)).then_some(())
    })
    .await;
    assert!(stopped.elapsed() >= TIMEOUT - Duration::from_millis(500));
    let errored = async || {
        let history = engine.history(&held.arn).await.unwrap();
        let history = serde_json::to_string(&history).unwrap();
        history.contains("Sandbox.Timedout").then_some(())
    };
    until("the invocation has failed", errored).await;
    let (_, answer) = late().await;
    assert_eq!(answer.status, 400, "{answer:?}");
    assert!(
        answer.body.contains("Invalid Checkpoint Token"),
        "{answer:?}"
    );

    let ended = async || {
        let record = engine.find(outside::NAME, "late").await.unwrap().unwrap();
        record.ended.is_some().then_some(record)
    };
    let record = until("another process has run it", ended).await;
    let (before, answer) = late().await;
    assert_eq!(answer.status, 400, "{answer:?}");
    let after = engine.history(&held.arn).await.unwrap();
    assert_eq!(before, after, "a late answer changed the history");
    assert_eq!(ended().await.unwrap().result, record.result);

    let mut pages = Pages::default();
    pages.go_on(&place.ledger());
    let seen: Vec<_> = pages.seen["late"][STEP].iter().collect();
    let given = serde_json::json!([[STEP, seen[0]]]).to_string();
    assert_eq!((seen.len(), record.result.as_deref()), (1, Some(&*given)));
    let body = ("late".to_owned(), STEP.to_owned(), 1);
    assert_eq!(
        pages.bodies[&body], 2,
        "in the stopped process and in the next one"
    );

    // The end of the invocation, to the Runtime API that the process had.
    let path = format!(
        "/2018-06-01/runtime/invocation/{}/response",
        held.request_id
    );
    let response = Request::post(path, r#"{"Status":"SUCCEEDED","Result":"1"}"#);
    let sent = response.send(held.runtime_api.parse().unwrap()).await;
    assert!(
        !sent.is_ok_and(|answer| answer.status < 300),
        "a dead process was heard"
    );
    assert_eq!(engine.history(&held.arn).await.unwrap(), after);
    serving.abort();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stopped_engine_goes_on_where_it_was() {
    let place = Place::new();
    let mut load = Load::start(&place, 40, 8);
    let mut engine = place.start();
    load.server_is(Some(engine.up().await));
    for _ in 0..2 {
        tokio::time::sleep(Duration::from_millis(1_500)).await;
        engine.signal("STOP");
        tokio::time::sleep(TIMEOUT + Duration::from_secs(1)).await;
        engine.signal("CONT");
    }
    load.finish().await;
    load.recorded(&place, &engine).await;
    engine.kill();
    load.check_the_end(&place, &Ended::new());
    assert!(load.started() >= 40);
}
