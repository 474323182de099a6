//! The `approval` workflow in virtual time: every way in which a signature can come or not come.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, in its helpers too"
)]

use std::time::Duration;

use durable_engine::{Event, TestEngine, TestEngineBuilder};
use durable_runtime::ErrorObject;
use examples::approval::{Decision, Desk, Request, Signature, sign_off};

fn request() -> Request {
    Request {
        id: "lisbon".to_owned(),
        what: "a trip to Lisbon".to_owned(),
        timeout_seconds: 3_600,
        heartbeat_seconds: Some(600),
    }
}

/// Runs the request; `answer` gets the engine and the callback's id once it was handed out.
async fn decided(
    builder: TestEngineBuilder,
    answer: impl AsyncFnOnce(&TestEngine, &str),
) -> (Decision, Duration) {
    let desk = Desk {
        endpoint: "http://127.0.0.1:9002".to_owned(),
    };
    let engine = builder
        .register(sign_off)
        .state(desk)
        .start()
        .await
        .unwrap();
    let run = engine
        .start(sign_off, request())
        .id("lisbon")
        .await
        .unwrap();
    let id = loop {
        let events = engine.history(run.arn()).await.unwrap();
        // Handed out, and recorded that it was: from here on a crash doesn't hand it out again.
        if events.iter().any(|event| kind(event) == "StepSucceeded") {
            break callback_id(&events);
        }
        tokio::task::yield_now().await;
    };
    answer(&engine, &id).await;
    let decision = run.result().await.unwrap();
    (decision, engine.elapsed())
}

fn kind(event: &Event) -> String {
    let event = serde_json::to_value(event).unwrap();
    event["EventType"].as_str().unwrap().to_owned()
}

fn callback_id(events: &[Event]) -> String {
    events
        .iter()
        .map(|event| serde_json::to_value(event).unwrap())
        .find_map(|event| {
            let id = &event["CallbackStartedDetails"]["CallbackId"];
            id.as_str().map(str::to_owned)
        })
        .unwrap()
}

/// As it stays in memory, and with every replay there can be.
fn builders() -> [TestEngineBuilder; 3] {
    [
        TestEngine::builder(),
        TestEngine::builder().evict_always(),
        TestEngine::builder().replay_every_checkpoint(),
    ]
}

#[tokio::test]
async fn a_signature_ends_the_wait() {
    for builder in builders() {
        let (decision, took) = decided(builder, async |engine, id| {
            let signature = Signature {
                by: "Grace".to_owned(),
            };
            engine.callback(id).succeed(&signature).await.unwrap();
        })
        .await;
        assert_eq!(
            decision,
            Decision::Signed {
                by: "Grace".to_owned()
            }
        );
        assert_eq!(took, Duration::ZERO);
    }
}

#[tokio::test]
async fn a_refusal_says_why() {
    for builder in builders() {
        let (decision, _) = decided(builder, async |engine, id| {
            let refusal = ErrorObject::new("Refused", "too expensive");
            engine.callback(id).fail(refusal).await.unwrap();
        })
        .await;
        let why = "too expensive".to_owned();
        assert_eq!(decision, Decision::Refused { why });
    }
}

#[tokio::test]
async fn a_request_that_nobody_looks_at_is_deserted() {
    for builder in builders() {
        let (decision, took) = decided(builder, async |_, _| {}).await;
        assert_eq!(decision, Decision::Deserted { after_seconds: 600 });
        assert_eq!(took, Duration::from_secs(600));
    }
}

#[tokio::test]
async fn heartbeats_keep_a_request_alive_until_it_expires() {
    for builder in builders() {
        let (decision, took) = decided(builder, async |engine, id| {
            for _ in 0..6 {
                engine.advance(Duration::from_secs(590));
                engine.callback(id).heartbeat().await.unwrap();
            }
        })
        .await;
        assert_eq!(
            decision,
            Decision::Expired {
                after_seconds: 3_600
            }
        );
        assert_eq!(took, Duration::from_secs(3_600));
    }
}

#[tokio::test]
async fn a_callback_is_answered_once() {
    let (_, _) = decided(TestEngine::builder(), async |engine, id| {
        let signature = Signature {
            by: "Grace".to_owned(),
        };
        engine.callback(id).succeed(&signature).await.unwrap();
        let again = engine.callback(id).heartbeat().await.unwrap_err();
        assert!(again.to_string().contains("SUCCEEDED"), "{again}");
        let unknown = engine.callback("bm90IGEgY2FsbGJhY2s=").heartbeat().await;
        assert!(unknown.is_err());
    })
    .await;
}
