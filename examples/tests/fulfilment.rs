//! The real `fulfilment` program: run, run again, killed, interrupted.

mod common;

use std::process::Command;
use std::time::Duration;

use common::Place;
use serde_json::json;

const FULFILMENT: &str = env!("CARGO_BIN_EXE_fulfilment");
const ALL_STEPS: [&str; 7] = [
    "validate 1",
    "charge 1",
    "charge 2",
    "reserve_stock 1",
    "print_label 1",
    "ship 1",
    "notify 1",
];

fn shipped() -> serde_json::Value {
    json!({
        "outcome": "shipped",
        "receipt": { "payment": "pay-order-42", "cents": 6600 },
        "shelf": "shelf-2",
        "tracking": "track-order-42",
    })
}

#[test]
fn run_bare_it_ships_the_sample_order_and_run_again_it_does_nothing() {
    let place = Place::new();

    let first = place.fulfilment(&[]);

    assert_eq!(first.result(), shipped());
    assert_eq!(place.steps(), ALL_STEPS);
    for part in [
        "order-42: starting",
        "charge failed: the payment gateway is busy; attempt 2 in 1 s",
        "charge (attempt 2)",
        " left",
    ] {
        assert!(
            first.stderr.contains(part),
            "{part:?} is missing:\n{}",
            first.stderr
        );
    }

    let again = place.fulfilment(&[]);

    assert_eq!(again.stdout, first.stdout);
    assert_eq!(place.steps(), ALL_STEPS, "nothing ran");
    assert!(
        again
            .stderr
            .contains("order-42: ended before, nothing runs"),
        "{}",
        again.stderr
    );
    assert!(
        !again.stderr.contains("waiting") && !again.stderr.contains("failed"),
        "{}",
        again.stderr
    );
    assert!(again.took < Duration::from_secs(3), "{:?}", again.took);
}

#[test]
fn the_same_order_keeps_the_wait_it_was_started_with() {
    let place = Place::new();
    let first = place.fulfilment(&["--wait", "0"]);
    let again = place.fulfilment(&["--wait", "3600"]);
    assert_eq!(again.result(), first.result());
    assert!(
        again
            .stderr
            .contains("order-42: keeps the wait it was started with, 0 s"),
        "{}",
        again.stderr
    );
    assert_eq!(place.steps(), ALL_STEPS);
}

#[test]
fn a_declined_card_gets_its_deposit_back() {
    let place = Place::new();
    let order = concat!(env!("CARGO_MANIFEST_DIR"), "/data/order-declined.json");

    let ended = place.fulfilment(&["--order", order]);

    assert_eq!(
        ended.result(),
        json!({ "outcome": "refused", "card": "declined", "refunded": 170_000 })
    );
    assert_eq!(
        place.steps(),
        ["validate 1", "charge 1", "charge 2", "refund 1"]
    );
    assert_eq!(place.fulfilment(&["--order", order]).stdout, ended.stdout);
    assert_eq!(place.steps().len(), 4, "nothing ran again");
}

#[test]
fn killed_in_the_wait_it_goes_on_waiting_and_runs_nothing_twice() {
    let place = Place::new();
    let mut process = place.spawn(FULFILMENT, &["--wait", "3"]);
    process.until(|process| process.stderr().contains("waiting, "));
    let (killed, _) = process.kill();
    assert!(killed);
    let before = place.steps();

    let ended = place.fulfilment(&["--wait", "3"]);

    assert_eq!(ended.result(), shipped());
    assert_eq!(before, ALL_STEPS[..5]);
    assert_eq!(place.steps(), ALL_STEPS);
    assert!(
        ended.stderr.contains("order-42: going on where it was"),
        "{}",
        ended.stderr
    );
    assert!(
        !ended.stderr.contains("validate") && !ended.stderr.contains("busy"),
        "{}",
        ended.stderr
    );
}

#[test]
fn ctrl_c_stops_it_and_says_how_to_go_on() {
    let place = Place::new();
    let mut process = place.spawn(FULFILMENT, &["--wait", "2", "--id", "mine"]);
    process.until(|process| process.stderr().contains("waiting, "));

    let sent = Command::new("kill")
        .args(["-INT", &process.id().to_string()])
        .status()
        .unwrap();
    let stopped = process.end();

    assert!(sent.success());
    stopped.failed(130, &["nothing is lost", "fulfilment --wait 2 --id mine"]);
    assert_eq!(
        place.fulfilment(&["--wait", "2", "--id", "mine"]).result(),
        shipped()
    );
    assert_eq!(place.steps(), ALL_STEPS);
}

#[test]
fn what_another_execution_left_undone_goes_on_in_the_background() {
    let place = Place::new();
    let mut process = place.spawn(FULFILMENT, &["--id", "first", "--wait", "0"]);
    process.until(|process| process.stderr().contains("validate"));
    process.kill();

    place
        .fulfilment(&["--id", "second", "--wait", "2"])
        .result();

    let ended = place.fulfilment(&["--id", "first"]);
    assert!(
        ended.stderr.contains("first: ended before"),
        "{}",
        ended.stderr
    );
    assert_eq!(ended.result(), shipped());
}

#[test]
fn the_help_teaches_with_examples() {
    for program in [
        FULFILMENT,
        env!("CARGO_BIN_EXE_approval-timeout"),
        env!("CARGO_BIN_EXE_nightly-report"),
    ] {
        let ended = Place::new().run(program, &["--help"]);
        assert_eq!(ended.code, Some(0));
        assert!(
            ended
                .stdout
                .contains("Examples:\n  cargo run -p examples --bin "),
            "{}",
            ended.stdout
        );
    }
}
