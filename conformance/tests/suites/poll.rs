use conformance::handlers::poll::*;

use crate::support::{fails, succeeds};

#[tokio::test]
async fn wait_for_condition_6_1() {
    let history = "
        Poll>p
        Poll+p delay=1 payload=1
        INV
        Poll>p
        Poll+p attempt=2 delay=1 payload=2
        INV
        Poll>p
        Poll+p attempt=3 payload=3
        INV
    ";
    succeeds(poll_basic, || 3, history, "3").await;
}

#[tokio::test]
async fn wait_for_condition_6_2() {
    let history = "
        Poll>p
        Poll+p payload=5
        INV
    ";
    succeeds(poll_once, || 5, history, "5").await;
}

#[tokio::test]
async fn wait_for_condition_6_3() {
    let history = "
        Poll>p name=poll-status
        Poll+p name=poll-status delay=1 payload=1
        INV
        Poll>p name=poll-status
        Poll+p name=poll-status attempt=2 payload=2
        INV
    ";
    succeeds(poll_with_name, || 2, history, "2").await;
}

#[tokio::test]
async fn wait_for_condition_6_4() {
    let history = "
        Poll>p
        Poll+p delay=1 payload=6
        INV
        Poll>p
        Poll+p attempt=2 delay=1 payload=7
        INV
        Poll>p
        Poll+p attempt=3 payload=8
        INV
    ";
    succeeds(poll_from_state, || 8, history, "8").await;
}

#[tokio::test]
async fn wait_for_condition_6_5() {
    let history = "
        Poll>p
        Poll+p delay=2 payload=1
        INV
        Poll>p
        Poll+p attempt=2 delay=2 payload=2
        INV
        Poll>p
        Poll+p attempt=3 payload=3
        INV
    ";
    succeeds(poll_with_fixed_delay, || 3, history, "3").await;
}

#[tokio::test]
async fn wait_for_condition_6_6() {
    let history = "
        Poll>p
        Poll+p delay=1 payload=1
        INV
        Poll>p
        Poll+p attempt=2 delay=1 payload=2
        INV
        Poll>p
        Poll-p attempt=3
        INV
    ";
    fails(poll_exhausted, || 0, history).await;
}

#[tokio::test]
async fn wait_for_condition_6_7() {
    let history = "
        Poll>p
        Poll-p
        INV
    ";
    fails(poll_fails, || (), history).await;
}

#[tokio::test]
async fn wait_for_condition_6_8() {
    let history = "
        Poll>p
        Poll-p
        INV
    ";
    succeeds(poll_failure_handled, || (), history, r#""recovered""#).await;
}

#[tokio::test]
async fn wait_for_condition_6_9() {
    let history = r#"
        Poll>p
        Poll+p delay=1 payload={"status":"PENDING","attempts":1}
        INV
        Poll>p
        Poll+p attempt=2 payload={"status":"DONE","attempts":2}
        INV
    "#;
    let result = r#"{"status":"DONE","attempts":2}"#;
    succeeds(poll_object, || (), history, result).await;
}

#[tokio::test]
async fn wait_for_condition_6_10() {
    let history = "
        Poll>p
        Poll+p payload=null
        INV
    ";
    succeeds(poll_null, || (), history, "null").await;
}

#[tokio::test]
async fn wait_for_condition_6_11() {
    let history = "
        Poll>p
        Poll+p delay=1 payload=<x>
        INV
        Poll>p
        Poll+p attempt=2 payload=<xx>
        INV
    ";
    succeeds(poll_with_serdes, || (), history, r#""xx""#).await;
}

#[tokio::test]
async fn wait_for_condition_6_12() {
    let history = "
        Poll>p
        Poll+p delay=1 payload=1
        INV
        Poll>p
        Poll+p attempt=2 payload=2
        Step>s
        Step+s payload=20
        INV
    ";
    succeeds(poll_then_step, || 2, history, "20").await;
}

#[tokio::test]
async fn wait_for_condition_6_13() {
    let history = "
        Poll>a
        Poll+a delay=1 payload=1
        INV
        Poll>a
        Poll+a attempt=2 payload=2
        Poll>b
        Poll+b delay=1 payload=3
        INV
        Poll>b
        Poll+b attempt=2 payload=4
        INV
    ";
    succeeds(polls_in_turn, || (), history, "4").await;
}
