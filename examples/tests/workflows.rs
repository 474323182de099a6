//! The examples' workflows in virtual time: no process, no database, no waiting.

#![allow(clippy::unwrap_used, clippy::panic, reason = "these are tests")]

mod common;

use std::time::Duration;

use common::Place;
use durable_engine::{RunError, TestEngine, TestEngineBuilder};
use examples::approval_timeout::{Answer, Decision, Inbox, Request, approval};
use examples::fulfilment::{Delivery, InvalidOrder, Line, Order, Receipt, fulfil};
use examples::nightly_report::{Customer, Night, Outbox, nightly_report};
use examples::shared::Ledger;

const A_YEAR: Duration = Duration::from_hours(365 * 24);

fn order(card: &str, wait: Duration) -> Order {
    let mut order = Order::sample();
    order.card = card.to_owned();
    order.wait_seconds = wait.as_secs();
    order
}

/// Runs an order to its end and gives what came of it, and how long it took.
async fn fulfilled(
    builder: TestEngineBuilder,
    place: &Place,
    order: Order,
) -> (Result<Delivery, RunError<durable_runtime::Error>>, Duration) {
    let ledger = Ledger::open(&place.path("fulfilment.ledger")).unwrap();
    let engine = builder
        .register(fulfil)
        .state(ledger)
        .start()
        .await
        .unwrap();
    let run = engine.start(fulfil, order).id("one").await.unwrap();
    (run.result().await, engine.elapsed())
}

#[tokio::test]
async fn an_order_is_charged_at_the_second_attempt_packed_and_shipped_after_the_wait() {
    let place = Place::new();

    let (delivery, took) = fulfilled(TestEngine::builder(), &place, order("4242", A_YEAR)).await;

    assert_eq!(
        delivery.unwrap(),
        Delivery::Shipped {
            receipt: Receipt {
                payment: "pay-order-42".to_owned(),
                cents: 6_600
            },
            shelf: "shelf-2".to_owned(),
            tracking: "track-order-42".to_owned(),
        }
    );
    assert_eq!(
        took,
        A_YEAR + Duration::from_secs(1),
        "the wait, and one retry"
    );
    assert_eq!(
        place.steps(),
        [
            "validate 1",
            "charge 1",
            "charge 2",
            "reserve_stock 1",
            "print_label 1",
            "ship 1",
            "notify 1"
        ]
    );
}

#[tokio::test]
async fn a_declined_card_is_refunded_and_nothing_is_packed() {
    let place = Place::new();

    let (delivery, _) = fulfilled(TestEngine::builder(), &place, order("declined", A_YEAR)).await;

    assert_eq!(
        delivery.unwrap(),
        Delivery::Refused {
            card: "declined".to_owned(),
            refunded: 660
        }
    );
    assert_eq!(
        place.steps(),
        ["validate 1", "charge 1", "charge 2", "refund 1"]
    );
}

#[tokio::test]
async fn a_gateway_that_stays_busy_fails_the_order_after_ten_attempts_with_the_same_key() {
    let place = Place::new();

    let (delivery, took) = fulfilled(TestEngine::builder(), &place, order("busy", A_YEAR)).await;

    let RunError::Workflow(error) = delivery.unwrap_err() else {
        panic!("not the workflow's own error")
    };
    assert_eq!(
        (error.type_name(), error.to_string().as_str()),
        ("ChargeError", "the payment gateway is busy")
    );
    assert_eq!(
        took,
        Duration::from_secs(1 + 8 * 2),
        "nine delays, from 1 s to 2 s"
    );
    let charges: Vec<_> = place
        .ledger()
        .into_iter()
        .filter(|entry| entry.step == "charge")
        .collect();
    assert_eq!(
        charges
            .iter()
            .map(|entry| entry.attempt)
            .collect::<Vec<_>>(),
        (1..=10).collect::<Vec<_>>()
    );
    assert!(
        charges.iter().all(|entry| entry.what == charges[0].what),
        "{charges:?}"
    );
    assert_eq!(
        place.ledger().len(),
        11,
        "nothing but validate and charge ran"
    );
}

#[tokio::test]
async fn an_order_that_is_not_valid_is_not_tried_again() {
    let place = Place::new();
    let mut empty = order("4242", A_YEAR);
    empty.lines = Vec::<Line>::new();
    let refused: InvalidOrder = empty.total().unwrap_err();

    let (delivery, took) = fulfilled(TestEngine::builder(), &place, empty).await;

    let RunError::Workflow(error) = delivery.unwrap_err() else {
        panic!("not the workflow's own error")
    };
    assert!(error.is("InvalidOrder"));
    assert_eq!(error.to_string(), refused.to_string());
    assert_eq!((took, place.ledger().len()), (Duration::ZERO, 0));
}

#[tokio::test]
async fn replayed_after_every_wait_the_order_ends_the_same_and_no_step_runs_more_often() {
    let (place, undisturbed) = (Place::new(), Place::new());

    let builder = TestEngine::builder().evict_always();
    let (delivery, _) = fulfilled(builder, &place, order("4242", A_YEAR)).await;

    let (expected, _) = fulfilled(TestEngine::builder(), &undisturbed, order("4242", A_YEAR)).await;
    assert_eq!(delivery.unwrap(), expected.unwrap());
    assert_eq!(place.steps(), undisturbed.steps());
}

#[tokio::test]
async fn a_charge_that_is_interrupted_at_every_attempt_says_that_nobody_knows_and_is_not_made() {
    let place = Place::new();

    // An attempt's start is a checkpoint of its own, and the crash comes right after it.
    let builder = TestEngine::builder().crash_after_each_checkpoint();
    let (delivery, _) = fulfilled(builder, &place, order("4242", A_YEAR)).await;

    let RunError::Workflow(error) = delivery.unwrap_err() else {
        panic!("not the workflow's own error")
    };
    assert!(
        error.is("ChargeError") && error.to_string().contains("was started and interrupted"),
        "{error}"
    );
    assert_eq!(place.steps(), ["validate 1"]);
}

/// A request in an inbox of its own, with its engine.
async fn asking(place: &Place, builder: TestEngineBuilder) -> (TestEngine, Inbox, Request) {
    let inbox = Inbox::open(&place.path("inbox")).unwrap();
    let engine = builder
        .register(approval)
        .state(inbox.clone())
        .start()
        .await
        .unwrap();
    let request = Request {
        id: "trip".to_owned(),
        what: "a trip".to_owned(),
        timeout_seconds: 3600,
    };
    (engine, inbox, request)
}

#[tokio::test]
async fn a_request_without_an_answer_expires_after_its_timeout() {
    let place = Place::new();
    let (engine, inbox, request) = asking(&place, TestEngine::builder()).await;

    let run = engine.start(approval, request).id("trip").await.unwrap();

    assert_eq!(
        run.result().await.unwrap(),
        Decision::Expired {
            after_seconds: 3600
        }
    );
    assert_eq!(engine.elapsed(), Duration::from_hours(1));
    let late = inbox.reply(
        "trip",
        &Answer {
            by: "Grace".to_owned(),
            approved: true,
        },
    );
    assert!(
        late.unwrap_err()
            .to_string()
            .contains("nobody waits for an answer to `trip`")
    );
}

#[tokio::test]
async fn an_answer_decides_also_when_it_comes_while_no_engine_runs() {
    for (approved, decision) in [
        (
            true,
            Decision::Approved {
                by: "Grace".to_owned(),
            },
        ),
        (
            false,
            Decision::Rejected {
                by: "Grace".to_owned(),
            },
        ),
    ] {
        let place = Place::new();
        let (engine, inbox, request) = asking(&place, TestEngine::builder()).await;
        let run = engine.start(approval, request).id("trip").await.unwrap();
        while inbox
            .reply(
                "trip",
                &Answer {
                    by: "Grace".to_owned(),
                    approved,
                },
            )
            .is_err()
        {
            tokio::task::yield_now().await;
        }
        drop(run);

        let (engine, ..) = asking(&place, engine.crash()).await;

        let run = engine.run(approval, "trip").await.unwrap();
        assert_eq!(run.result().await.unwrap(), decision);
        assert!(
            engine.elapsed() <= Duration::from_secs(1),
            "{:?}",
            engine.elapsed()
        );
    }
}

#[tokio::test]
async fn a_customer_without_an_address_does_not_keep_the_others_from_their_statements() {
    for builder in [
        TestEngine::builder(),
        TestEngine::builder().crash_after_each_checkpoint(),
    ] {
        let place = Place::new();
        let outbox = Outbox::open(&place.path("outbox")).unwrap();
        let engine = builder
            .register(nightly_report)
            .state(outbox)
            .start()
            .await
            .unwrap();
        let night = Night {
            date: "2026-01-31".to_owned(),
            customers: Customer::samples(),
            pause_seconds: 3600,
        };

        let run = engine.start(nightly_report, night).await.unwrap();

        let summary = run.result().await.unwrap();
        let names: Vec<&str> = summary
            .statements
            .iter()
            .map(|made| made.customer.as_str())
            .collect();
        assert_eq!(
            (names, summary.total_cents),
            (vec!["ada", "grace", "linus"], 1_775)
        );
        assert_eq!(summary.missing[0].why, "charles has no e-mail address");
        assert!(place.read("outbox/grace.txt").contains("225 cents"));
        let history = run.history().await.unwrap();
        let children = history
            .iter()
            .filter(|event| event.event_type() == "ContextStarted")
            .count();
        assert_eq!(children, 4, "a child workflow for each customer");
    }
}
