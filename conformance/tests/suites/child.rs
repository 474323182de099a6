use conformance::handlers::child::*;

use crate::support::{fails, interrupted, logged, succeeds};

fn input() -> String {
    "vGsYqe".to_owned()
}

const RESULT: &str = r#""vGsYqe""#;

#[tokio::test]
async fn child_3_1() {
    let history = r#"
        Child>c
        Step>s@c
        Step+s@c payload="vGsYqe"
        Child+c payload="vGsYqe"
        INV
    "#;
    succeeds(child_basic, input, history, RESULT).await;
}

#[tokio::test]
async fn child_3_2() {
    let input = || serde_json::from_str(r#"{"name":"bKxWtu","value":"vGsYqe"}"#).unwrap();
    let history = r#"
        Child>c name=bKxWtu
        Step>s@c
        Step+s@c payload="vGsYqe"
        Child+c name=bKxWtu payload="vGsYqe"
        INV
    "#;
    succeeds(child_with_name, input, history, RESULT).await;
}

#[tokio::test]
async fn child_3_3() {
    let history = r#"
        Child>c name=two_steps
        Step>a@c
        Step+a@c payload="vGsYqe"
        Step>b@c
        Step+b@c payload="vGsYqe"
        Child+c name=two_steps payload="vGsYqe"
        INV
    "#;
    succeeds(child_with_steps, input, history, RESULT).await;
}

#[tokio::test]
async fn child_3_4() {
    let history = "
        Child>c name=failing
        Step>s@c
        Step-s@c
        Child-c name=failing
        INV
    ";
    fails(child_fails, || (), history).await;
}

#[tokio::test]
async fn child_3_5() {
    let history = r#"
        Child>c
        Step>a@c
        Step-a@c
        Child-c
        Step>b
        Step+b payload="vGsYqe"
        INV
    "#;
    succeeds(child_error_handled, input, history, RESULT).await;
}

#[tokio::test]
async fn child_3_6() {
    let history = r#"
        Child>o name=outer
        Step>a@o
        Step+a@o payload="vGsYqe"
        Child>i@o name=inner
        Step>b@i
        Step+b@i payload="vGsYqe"
        Child+i@o name=inner payload="vGsYqe"
        Child+o name=outer payload="vGsYqe"
        INV
    "#;
    succeeds(nested_children, input, history, RESULT).await;
}

#[tokio::test]
async fn child_3_7() {
    let history = r#"
        Child>c name=retrying
        Step>s@c
        Step-s@c delay=1
        INV
        Step>s@c
        Step+s@c attempt=2 payload="vGsYqe"
        Child+c name=retrying payload="vGsYqe"
        INV
    "#;
    succeeds(child_with_retry, input, history, RESULT).await;
}

#[tokio::test]
async fn child_3_8() {
    let history = "
        Child>c name=hopeless
        Step>s@c
        Step-s@c delay=1
        INV
        Step>s@c
        Step-s@c attempt=2
        Child-c name=hopeless
        INV
    ";
    fails(child_retry_exhausted, || (), history).await;
}

#[tokio::test]
async fn child_3_9() {
    let history = r#"
        Child>c
        Step>s@c
        Step+s@c payload="vGsYqe"
        Child+c payload="vGsYqe"
        Wait>w
        INV
        Wait+w
        INV
    "#;
    succeeds(child_replayed, input, history, RESULT).await;
}

#[tokio::test]
async fn child_3_10() {
    let history = r#"
        Child>c name=step_and_wait
        Step>s@c
        Step+s@c payload="vGsYqe"
        Wait>w@c
        INV
        Wait+w@c
        Child+c name=step_and_wait payload="vGsYqe"
        INV
    "#;
    succeeds(child_with_wait, input, history, RESULT).await;
}

#[tokio::test]
async fn child_3_11() {
    let history = "
        Child>c name=large
        Step>s@c
        Step+s@c
        Child+c name=large payload=
        Wait>w
        INV
        Wait+w
        INV
    ";
    succeeds(large_child, || "mZhCao".into(), history, "300000").await;
    assert_eq!(logged("building from mZhCao"), 2, "rebuilt on replay");
}

#[tokio::test]
async fn child_3_12() {
    let history = r#"
        Child>c
        Step>s@c
        INVerr error=Runtime.ExitError
        Step+s@c payload="vGsYqe"
        Child+c payload="vGsYqe"
        INV
    "#;
    interrupted(child_interrupted, input(), history, Some(RESULT)).await;
}

#[tokio::test]
async fn child_3_13() {
    let history = r#"
        Child>c name=waiting
        Wait>w@c
        INV
        Wait+w@c
        Child+c name=waiting payload="vGsYqe"
        Step>s
        Step+s payload="vGsYqe"
        INV
    "#;
    succeeds(wait_in_child, input, history, RESULT).await;
}

#[tokio::test]
async fn child_3_14() {
    let history = r#"
        Child>c name=loud
        Step>s@c
        Step+s@c payload="hello child"
        Child+c name=loud payload=HELLO CHILD
        INV
    "#;
    succeeds(
        child_with_serdes,
        || "hello child".into(),
        history,
        r#""HELLO CHILD""#,
    )
    .await;
}

#[tokio::test]
async fn child_3_15() {
    let history = "
        Child>c name=failing
        Child-c name=failing
        INV
    ";
    fails(child_fails_without_step, || (), history).await;
}

#[tokio::test]
async fn child_3_16() {
    let history = "
        Child>c name=empty
        Child+c name=empty
        INV
    ";
    succeeds(child_returns_null, || (), history, "null").await;
}

#[tokio::test]
async fn child_3_17() {
    let history = r#"
        Child>c name=logging
        Child+c name=logging payload="tRnFdi"
        Wait>w
        INV
        Wait+w
        INV
    "#;
    succeeds(child_that_logs, || "tRnFdi".into(), history, r#""tRnFdi""#).await;
    assert_eq!(logged("in the child with tRnFdi"), 1, "not run again");
}

#[tokio::test]
async fn child_3_18() {
    let history = r#"
        Child>c name=first_part
        Step>a@c
        Step+a@c payload="vGsYqe"
        Wait>v@c
        INV
        Wait+v@c
        Child+c name=first_part payload="vGsYqe"
        Step>b
        Step+b payload="vGsYqe"
        Wait>w
        INV
        Wait+w
        INV
    "#;
    succeeds(child_then_more, input, history, RESULT).await;
}
