//! The tool on databases that an engine made.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, its helpers too"
)]

mod support;

use std::process::Stdio;

use serde_json::Value;
use support::{Database, command, durable, failing, found, json, nothing_changed};

#[tokio::test]
async fn list_shows_the_newest_first_beside_a_running_engine() {
    let database = Database::new().await;

    let text = found(&["list", "--db", database.path()]);

    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[0].starts_with("WORKFLOW  ID "), "{text}");
    let ids: Vec<&str> = lines[1..]
        .iter()
        .map(|line| line.split_whitespace().nth(1).unwrap())
        .collect();
    assert_eq!(ids, ["order-4", "order-1", "order-3", "order-2", "order-1"]);
    let parked = lines.iter().find(|line| line.contains("order-2")).unwrap();
    assert!(
        parked.contains("RUNNING") && parked.ends_with(" -"),
        "{parked}"
    );
    assert!(
        !text.contains('\x1b'),
        "no colour, since this is no terminal"
    );
}

#[tokio::test]
async fn list_filters_and_says_when_there_is_more() {
    let database = Database::new().await;
    let db = ["list", "--db", database.path()];

    let failed = found(&[&db[..], &["--status", "failed"]].concat());
    assert_eq!(failed.lines().count(), 2, "{failed}");
    assert!(failed.contains("order-3"));

    let audits = found(&[&db[..], &["--workflow", "audit"]].concat());
    assert_eq!(audits.lines().count(), 2, "{audits}");

    let some = found(&[&db[..], &["--limit", "2"]].concat());
    assert!(
        some.ends_with("the 2 newest; there are more: raise --limit\n"),
        "{some}"
    );
    let all = found(&[&db[..], &["--limit", "5"]].concat());
    assert!(!all.contains("there are more"), "{all}");

    let none = found(&[&db[..], &["--status", "TIMED_OUT"]].concat());
    assert_eq!(none, "no execution fits\n");
}

#[tokio::test]
async fn show_tells_the_result_and_the_operations_as_a_tree() {
    let database = Database::new().await;

    let text = found(&[
        "show",
        "--db",
        database.path(),
        "order-1",
        "--workflow",
        "fulfil",
    ]);

    for part in [
        "fulfil order-1  SUCCEEDED\n",
        "  arn      arn:aws:lambda:",
        "  started  ",
        "  ended    ",
        "  input    {\"id\":\"order-1\",",
        "  result   \"shipped order-1\"\n",
    ] {
        assert!(text.contains(part), "{part:?} is missing:\n{text}");
    }
    assert!(!text.contains("waits for"), "{text}");
    let tree: Vec<&str> = text.split("operations\n").nth(1).unwrap().lines().collect();
    assert_eq!(
        tree,
        [
            "  Child pack  SUCCEEDED  \"packed order-1\"",
            "    Step reserve  SUCCEEDED  \"shelf 7\"",
            "  Step ship  SUCCEEDED  \"shipped order-1\"",
        ]
    );
}

#[tokio::test]
async fn show_tells_what_a_parked_execution_waits_for_and_until_when() {
    let database = Database::new().await;
    let db = ["show", "--db", database.path()];

    let sleeping = found(&[&db[..], &["order-2"]].concat());
    assert!(sleeping.contains("fulfil order-2  RUNNING"), "{sleeping}");
    assert!(
        sleeping.contains("waits for\n  Wait carrier, until 20"),
        "{sleeping}"
    );
    assert!(
        sleeping.contains(" (in 23h 59m)") || sleeping.contains(" (in 1day"),
        "{sleeping}"
    );
    assert!(sleeping.contains("its own timeout at 20"), "{sleeping}");
    assert!(
        sleeping.contains("\n  Wait carrier  STARTED\n"),
        "{sleeping}"
    );

    let retrying = found(&[&db[..], &["order-4"]].concat());
    assert!(
        retrying.contains("waits for\n  Step ship, attempt 2 at 20"),
        "{retrying}"
    );
    assert!(
        retrying.contains("\n  Step ship  PENDING  1 attempt  Error: no truck today\n"),
        "{retrying}"
    );
}

#[tokio::test]
async fn show_tells_why_an_execution_failed() {
    let database = Database::new().await;

    let text = found(&["show", "--db", database.path(), "order-3"]);

    assert!(
        text.contains("  error    Error: order-3 is empty\n"),
        "{text}"
    );
    assert!(
        text.contains("  Step ship  FAILED  Error: order-3 is empty\n"),
        "{text}"
    );
}

#[tokio::test]
async fn history_shows_the_events_oldest_first() {
    let database = Database::new().await;

    let text = found(&["history", "--db", database.path(), "order-4"]);

    let events: Vec<&str> = text
        .lines()
        .map(|line| line.splitn(5, ' ').nth(4).unwrap())
        .collect();
    assert_eq!(
        events,
        [
            "ExecutionStarted  {\"id\":\"order-4\",\"items\":1,\"carrier\":\"none\"}",
            "ContextStarted pack",
            "StepStarted reserve",
            "StepSucceeded reserve  \"shelf 7\"",
            "ContextSucceeded pack  \"packed order-4\"",
            "StepStarted ship",
            "StepFailed ship  attempt 1, next in 3600 s, Error: no truck today",
            "InvocationCompleted",
        ]
    );
    assert!(text.starts_with("1  20"), "{text}");
}

#[tokio::test]
async fn json_has_the_shapes_of_the_service() {
    let database = Database::new().await;
    let db = ["--db", database.path(), "--format", "json"];

    let listed = json(&[&["list"], &db[..]].concat());
    let newest = &listed["DurableExecutions"][0];
    assert_eq!(listed["DurableExecutions"].as_array().unwrap().len(), 5);
    assert_eq!(newest["DurableExecutionName"], "order-4");
    assert_eq!(newest["Status"], "RUNNING");
    assert!(
        newest["FunctionArn"]
            .as_str()
            .unwrap()
            .ends_with(":function:fulfil:$LATEST")
    );
    assert!(newest["StartTimestamp"].is_f64() && newest["EndTimestamp"].is_null());

    let arn = newest["DurableExecutionArn"].as_str().unwrap();
    let shown = json(&[&["show", arn], &db[..]].concat());
    assert_eq!(shown["DurableExecutionArn"], arn);
    let input: Value = serde_json::from_str(shown["InputPayload"].as_str().unwrap()).unwrap();
    assert_eq!(input["id"], "order-4");
    let names: Vec<&Value> = shown["Operations"]
        .as_array()
        .unwrap()
        .iter()
        .map(|operation| &operation["Name"])
        .collect();
    assert_eq!(names, ["pack", "reserve", "ship"]);
    assert_eq!(
        shown["Operations"][1]["ParentId"],
        shown["Operations"][0]["Id"]
    );

    let history = json(&[&["history", arn], &db[..]].concat());
    let events = history["Events"].as_array().unwrap();
    assert_eq!(events[0]["EventType"], "ExecutionStarted");
    assert_eq!(events[5]["EventId"], 6);
    assert_eq!(
        events[3]["StepSucceededDetails"]["Result"]["Payload"],
        "\"shelf 7\""
    );
}

#[tokio::test]
async fn a_reader_that_has_seen_enough_is_no_error() {
    let database = Database::new().await;
    for format in ["text", "json"] {
        let mut child = command(&["list", "--db", database.path(), "--format", format])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        let errors = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success() && errors.is_empty(), "{errors}");
    }
}

#[tokio::test]
async fn what_a_killed_engine_left_is_shown_and_stays_as_it_is() {
    let database = Database::new().await;
    let left = database.as_left_by_a_kill();

    let text = nothing_changed(left.folder(), || {
        found(&["show", "--db", left.path(), "order-2"])
    });

    assert!(text.contains("Wait carrier, until"), "{text}");
}

#[tokio::test]
async fn what_an_engine_that_ended_left_is_shown_without_a_trace() {
    let database = Database::new().await.closed().await;

    let text = nothing_changed(database.folder(), || {
        found(&["list", "--db", database.path()])
    });

    assert_eq!(text.lines().count(), 6, "{text}");
}

#[tokio::test]
async fn an_unknown_execution_is_exit_code_1_with_a_way_out() {
    let database = Database::new().await;
    let db = database.path();

    for arguments in [
        &["show", "--db", db, "order-9"][..],
        &["history", "--db", db, "order-2", "--workflow", "audit"],
        &["show", "--db", db, "arn:aws:lambda:nowhere"],
    ] {
        let message = failing(1, arguments);
        assert!(
            message.starts_with("error: there is no execution `"),
            "{message}"
        );
        assert!(
            message.contains(&format!("`cargo durable list --db {db}`")),
            "{message}"
        );
    }
}

#[tokio::test]
async fn an_id_of_two_workflows_asks_for_the_workflow() {
    let database = Database::new().await;

    let message = failing(2, &["show", "--db", database.path(), "order-1"]);

    assert!(
        message.contains("say which: `--workflow audit` or `--workflow fulfil`"),
        "{message}"
    );
}

#[test]
fn an_unreadable_database_is_exit_code_2_and_none_is_made() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("orders.db");
    let message = failing(2, &["list", "--db", missing.to_str().unwrap()]);
    assert!(message.contains("there is no database"), "{message}");
    assert!(!missing.exists());

    std::fs::write(&missing, "not SQLite").unwrap();
    let message = failing(2, &["list", "--db", missing.to_str().unwrap()]);
    assert!(message.contains("is not a database"), "{message}");
}

#[test]
fn a_wrong_command_line_is_exit_code_2() {
    failing(2, &["list"]);
    failing(2, &["frobnicate"]);
    failing(2, &["list", "--db", "orders.db", "--limit", "0"]);
    let message = failing(2, &["list", "--db", "orders.db", "--status", "done"]);
    assert!(
        message.contains("running, succeeded, failed, timed-out"),
        "{message}"
    );
}

#[test]
fn help_teaches_with_examples_under_both_names() {
    for arguments in [&["--help"][..], &["durable", "--help"]] {
        let help = found(arguments);
        assert!(
            help.contains("cargo durable show --db orders.db order-42"),
            "{help}"
        );
        assert!(help.contains("Exit codes:"), "{help}");
    }
    assert!(found(&["durable", "history", "--help"]).contains("Examples:"));
    assert!(!durable(&["durable"]).status.success());
}
