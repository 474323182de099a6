use conformance::handlers::callback::*;

use crate::support::{Act, fails, fails_when, succeeds, succeeds_when};

fn name() -> String {
    "tXmWpq".to_owned()
}

const ANSWER: Act = Act::Succeed("tXmWpq", r#""vGsYqe""#);
const REFUSAL: Act = Act::Refuse("tXmWpq");
const RESULT: &str = r#""vGsYqe""#;

#[tokio::test]
async fn callback_4_1() {
    let history = r#"
        Cb>c name=tXmWpq
        INV
        Cb+c name=tXmWpq payload="vGsYqe"
        INV
    "#;
    succeeds_when(&[ANSWER], callback_basic, name, history, RESULT).await;
}

#[tokio::test]
async fn callback_4_2() {
    let acts = [Act::Succeed("approval", RESULT)];
    let history = r#"
        Cb>c name=approval
        INV
        Cb+c name=approval payload="vGsYqe"
        INV
    "#;
    succeeds_when(&acts, callback_with_name, || (), history, RESULT).await;
}

#[tokio::test]
async fn callback_4_3() {
    let history = "
        Cb>c name=tXmWpq timeout=5
        INV
        Cb!c name=tXmWpq error=Callback.Timeout
        INV
    ";
    fails(callback_times_out, name, history).await;
}

#[tokio::test]
async fn callback_4_4() {
    let history = "
        Cb>c name=tXmWpq heartbeat=5
        INV
        Cb!c name=tXmWpq error=Callback.Heartbeat
        INV
    ";
    fails(heartbeat_times_out, name, history).await;
}

#[tokio::test]
async fn callback_4_5() {
    let acts = [Act::Pass(8), Act::Heartbeat("tXmWpq"), Act::Pass(8), ANSWER];
    let history = r#"
        Cb>c name=tXmWpq heartbeat=10
        INV
        Cb+c name=tXmWpq payload="vGsYqe"
        INV
    "#;
    succeeds_when(&acts, heartbeat_keeps_alive, name, history, RESULT).await;
}

#[tokio::test]
async fn callback_4_6() {
    let history = "
        Cb>c name=tXmWpq
        INV
        Cb-c name=tXmWpq error=RejectedError
        INV
    ";
    fails_when(&[REFUSAL], callback_fails, name, history).await;
}

#[tokio::test]
async fn callback_4_7() {
    let history = "
        Cb>c name=tXmWpq
        Step>s
        Step+s
        INV
        Cb-c name=tXmWpq error=RejectedError
        INV
    ";
    fails_when(&[REFUSAL], callback_step_fails, name, history).await;
}

#[tokio::test]
async fn callback_4_8() {
    let history = "
        Cb>c name=tXmWpq timeout=5
        Step>s
        Step+s
        INV
        Cb!c name=tXmWpq error=Callback.Timeout
        INV
    ";
    fails(callback_step_times_out, name, history).await;
}

#[tokio::test]
async fn callback_4_9() {
    let history = r#"
        Cb>c name=tXmWpq
        Wait>w duration=5
        INV
        Cb+c name=tXmWpq payload="vGsYqe"
        INV
        Wait+w duration=5
        INV
    "#;
    succeeds_when(&[ANSWER], callback_during_wait, name, history, RESULT).await;
}

#[tokio::test]
async fn callback_4_10() {
    let history = "
        Cb>c name=tXmWpq
        Wait>w duration=5
        INV
        Cb-c name=tXmWpq error=RejectedError
        INV
        Wait+w duration=5
        INV
    ";
    fails_when(&[REFUSAL], callback_fails_during_wait, name, history).await;
}

#[tokio::test]
async fn callback_4_11() {
    let history = "
        Cb>c name=tXmWpq timeout=3
        Wait>w duration=6
        INV
        Cb!c name=tXmWpq error=Callback.Timeout
        INV
        Wait+w duration=6
        INV
    ";
    fails(callback_times_out_during_wait, name, history).await;
}

#[tokio::test]
async fn callback_4_12() {
    let history = r#"
        Cb>c name=tXmWpq
        INV
        Cb+c name=tXmWpq payload="vGsYqe"
        Wait>w duration=2
        INV
        Wait+w duration=2
        INV
    "#;
    succeeds_when(&[ANSWER], callback_then_wait, name, history, RESULT).await;
}

#[tokio::test]
async fn callback_4_13() {
    let history = "
        Cb>c name=tXmWpq
        INV
        Cb-c name=tXmWpq error=RejectedError
        Wait>w duration=2
        INV
        Wait+w duration=2
        INV
    ";
    let result = r#""caught: not approved""#;
    succeeds_when(&[REFUSAL], callback_failure_handled, name, history, result).await;
}

#[tokio::test]
async fn callback_4_14() {
    let history = "
        Cb>c name=tXmWpq timeout=3
        INV
        Cb!c name=tXmWpq error=Callback.Timeout
        Wait>w duration=2
        INV
        Wait+w duration=2
        INV
    ";
    let result = r#""nobody answered""#;
    succeeds(callback_timeout_handled, name, history, result).await;
}

#[tokio::test]
async fn callback_4_15() {
    let sent = r#"{"id": "bKxWtu", "message": "hello", "timestamp": "2026-01-01T00:00:00.000Z"}"#;
    let history = r#"
        Cb>c name=tXmWpq
        INV
        Cb+c payload={"id": "bKxWtu", "message": "hello", "timestamp": "2026-01-01T00:00:00.000Z"}
        INV
    "#;
    let result = r#"{"received":{"id":"bKxWtu","message":"hello","timestamp":1767225600}}"#;
    let acts = [Act::Succeed("tXmWpq", sent)];
    succeeds_when(&acts, callback_with_serdes, name, history, result).await;
}

#[tokio::test]
async fn callback_4_16() {
    let history = "
        Cb>c name=tXmWpq
        INV
        Cb+c payload=42
        INV
    ";
    let acts = [Act::Succeed("tXmWpq", "42")];
    let result = r#"{"count":42,"doubled":84}"#;
    succeeds_when(&acts, callback_with_number, name, history, result).await;
}

fn names() -> [String; 2] {
    ["aaa".to_owned(), "bbb".to_owned()]
}

const A: Act = Act::Succeed("aaa", r#""one""#);
const B: Act = Act::Succeed("bbb", r#""two""#);
const BOTH: &str = r#"["one","two"]"#;

#[tokio::test]
async fn callback_4_17() {
    let history = r#"
        Cb>a name=aaa
        INV
        Cb+a name=aaa payload="one"
        Cb>b name=bbb
        INV
        Cb+b name=bbb payload="two"
        INV
    "#;
    succeeds_when(&[A, B], callbacks_in_turn, names, history, BOTH).await;
}

#[tokio::test]
async fn callback_4_18() {
    let history = r#"
        Cb>a name=aaa
        Cb>b name=bbb
        INV
        Cb+a name=aaa payload="one"
        INV
        Cb+b name=bbb payload="two"
        INV
    "#;
    succeeds_when(&[A, B], two_callbacks, names, history, BOTH).await;
}

#[tokio::test]
async fn callback_4_19() {
    let history = r#"
        Cb>a name=aaa
        Cb>b name=bbb
        INV
        Cb+a name=aaa payload="one"
        INV
        Cb+b name=bbb payload="two"
        INV
    "#;
    succeeds_when(&[A, B], two_callbacks_reversed, names, history, BOTH).await;
}
