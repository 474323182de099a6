//! What functions print.

use std::collections::BTreeMap;

use serde_json::json;

use crate::support::{bootstrap, invoke};

#[tokio::test]
async fn an_invocation_is_in_the_log_when_it_has_ended() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("logs/orders.log");
    let function = bootstrap("serve").log_file(&log).start().unwrap();
    for round in 0..20 {
        let who = format!("round-{round}");
        invoke(&function, json!({"do": "print", "who": who, "lines": 3}))
            .await
            .unwrap();
        let text = std::fs::read_to_string(&log).unwrap();
        assert_eq!(text.matches(&format!("{who} ")).count(), 3, "{who}");
    }
}

#[tokio::test]
async fn the_lines_of_several_processes_stay_whole() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("orders.log");
    let function = bootstrap("serve").log_file(&log).start().unwrap();
    let print =
        |who: &'static str| invoke(&function, json!({"do": "print", "who": who, "lines": 400}));
    let (a, b, c) = tokio::join!(print("anna"), print("bert"), print("cleo"));
    assert!(a.is_ok() && b.is_ok() && c.is_ok());

    let text = std::fs::read_to_string(&log).unwrap();
    let mut next: BTreeMap<&str, usize> = BTreeMap::new();
    for line in text.lines() {
        let words: Vec<_> = line.split(' ').collect();
        if let [who @ ("anna" | "bert" | "cleo"), number, rest] = words[..] {
            let expected = next.entry(who).or_default();
            assert_eq!(number, expected.to_string(), "{line}");
            assert_eq!(rest, "x".repeat(300));
            *expected += 1;
        }
    }
    assert_eq!(
        next,
        BTreeMap::from([("anna", 400), ("bert", 400), ("cleo", 400)])
    );
}

#[tokio::test]
async fn the_last_words_of_a_process_that_crashes_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("orders.log");
    let function = bootstrap("serve").log_file(&log).start().unwrap();
    invoke(&function, json!({"do": "print", "who": "me", "lines": 1}))
        .await
        .unwrap();
    invoke(&function, json!({"do": "exit", "code": 1}))
        .await
        .unwrap_err();
    let text = std::fs::read_to_string(&log).unwrap();
    assert!(text.contains("to stderr, without an end\n"), "{text}");
}

#[test]
fn a_log_that_can_not_be_written_is_found_out_at_once() {
    let error = bootstrap("serve")
        .log_file("/proc/nobody/orders.log")
        .start()
        .unwrap_err();
    assert!(
        error.to_string().contains("/proc/nobody/orders.log"),
        "{error}"
    );
}
