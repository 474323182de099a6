//! The real `approval-timeout` and `nightly-report` programs.

mod common;

use common::Place;
use serde_json::json;

const APPROVAL: &str = env!("CARGO_BIN_EXE_approval-timeout");
const REPORT: &str = env!("CARGO_BIN_EXE_nightly-report");

#[test]
fn a_request_that_nobody_answers_expires_and_stays_so() {
    let place = Place::new();
    let arguments = ["--timeout", "1"];

    let ended = place.run(APPROVAL, &arguments);

    assert_eq!(
        ended.result(),
        json!({ "decision": "expired", "after_seconds": 1 })
    );
    assert!(
        ended
            .stderr
            .contains("answer from a second terminal with --approve"),
        "{}",
        ended.stderr
    );
    place
        .run(APPROVAL, &["--approve"])
        .failed(1, &["nobody waits for an answer to `request-1`"]);
    assert_eq!(place.run(APPROVAL, &arguments).stdout, ended.stdout);
}

#[test]
fn an_answer_from_a_second_terminal_ends_the_wait() {
    for (answer, decision) in [("--approve", "approved"), ("--reject", "rejected")] {
        let place = Place::new();
        let mut asking = place.spawn(APPROVAL, &["--timeout", "3600"]);
        asking.until(|asking| asking.stderr().contains("waiting"));

        place.run(APPROVAL, &[answer, "--by", "Grace"]).result();

        assert_eq!(
            asking.end().result(),
            json!({ "decision": decision, "by": "Grace" })
        );
    }
}

#[test]
fn a_request_that_is_killed_while_it_waits_takes_the_answer_that_came_meanwhile() {
    let place = Place::new();
    let mut asking = place.spawn(APPROVAL, &["--timeout", "3600"]);
    asking.until(|asking| asking.stderr().contains("waiting"));
    let (killed, _) = asking.kill();
    assert!(killed);

    place.run(APPROVAL, &["--approve"]).result();

    assert_eq!(
        place.run(APPROVAL, &["--timeout", "3600"]).result()["decision"],
        "approved"
    );
}

#[test]
fn a_report_that_is_killed_half_way_goes_on_with_the_next_customer() {
    let place = Place::new();
    let customers = concat!(env!("CARGO_MANIFEST_DIR"), "/data/customers.json");
    let arguments = [
        "--customers",
        customers,
        "--date",
        "2026-01-31",
        "--pause",
        "1",
    ];
    let mut process = place.spawn(REPORT, &arguments);
    process.until(|process| process.stderr().contains("ada: 1550 cents"));
    process.until(|process| process.stderr().contains("waiting"));
    process.kill();

    let ended = place.run(REPORT, &arguments);

    assert_eq!(
        ended.result(),
        json!({
            "date": "2026-01-31",
            "total_cents": 1775,
            "statements": [
                { "customer": "ada", "cents": 1550, "file": "ada.txt" },
                { "customer": "grace", "cents": 225, "file": "grace.txt" },
                { "customer": "linus", "cents": 0, "file": "linus.txt" },
            ],
            "missing": [{ "customer": "charles", "why": "charles has no e-mail address" }],
        })
    );
    assert!(
        !ended.stderr.contains("ada: 1550 cents"),
        "ada's statement was sent again: {}",
        ended.stderr
    );
    assert!(
        place
            .read("nightly-report.outbox/ada.txt")
            .contains("1550 cents")
    );
    assert_eq!(place.run(REPORT, &arguments).stdout, ended.stdout);
}

#[test]
fn run_bare_it_reports_on_the_sample_customers() {
    let place = Place::new();
    assert_eq!(place.run(REPORT, &[]).result()["total_cents"], 1775);
}

#[test]
fn bad_input_is_refused_by_name() {
    let place = Place::new();
    place.write(
        "twice.json",
        r#"[{"id": "ada", "usage": []}, {"id": "ada", "usage": []}]"#,
    );
    place.write("path.json", r#"[{"id": "../ada", "usage": []}]"#);
    place.write("half.json", r#"[{"id": "ada"}]"#);
    place.write("file", "");
    let report = |arguments: &[&str]| place.run(REPORT, arguments);
    report(&["--customers", "twice.json"]).failed(1, &["`[1].id` \"ada\" is there twice"]);
    report(&["--customers", "path.json"]).failed(1, &["`[0].id` \"../ada\" is no id"]);
    report(&["--customers", "half.json"]).failed(1, &["in `[0]`", "missing field `usage`"]);
    report(&["--outbox", "file"]).failed(1, &["can't use file as outbox", "--outbox"]);
    report(&["--date", "tomorrow"]).failed(2, &["'tomorrow'"]);

    let approval = |arguments: &[&str]| place.run(APPROVAL, arguments);
    approval(&["--id", "../up", "--approve"]).failed(1, &["an id has 1 to 64 of"]);
    approval(&["--timeout", "-1"]).failed(2, &["can't be negative"]);
    approval(&["--approve", "--reject"]).failed(2, &["cannot be used with"]);
    approval(&["--inbox", "file"]).failed(1, &["can't use file as inbox", "--inbox"]);
}
