use conformance::handlers::invoke::*;
use serde_json::{Value, json};

use crate::support::{fails, succeeds};

fn read<T: serde::de::DeserializeOwned>(input: Value) -> T {
    serde_json::from_value(input).unwrap()
}

fn word() -> String {
    "vGsYqe".to_owned()
}

const RESULT: &str = r#""vGsYqe""#;

#[tokio::test]
async fn invoke_5_1() {
    let history = r#"
        Chain>i payload="vGsYqe"
        INV
        Chain+i payload="vGsYqe"
        INV
    "#;
    succeeds(invoke_basic, word, history, RESULT).await;
}

#[tokio::test]
async fn invoke_5_2() {
    let input = || read(json!({ "name": "tXmWpq", "payload": "vGsYqe" }));
    let history = r#"
        Chain>i name=tXmWpq payload="vGsYqe"
        INV
        Chain+i name=tXmWpq payload="vGsYqe"
        INV
    "#;
    succeeds(invoke_with_name, input, history, RESULT).await;
}

#[tokio::test]
async fn invoke_5_3() {
    let document = r#"{"nested":{"key":"value","items":[1,2,3]},"source":"test"}"#;
    let history = r#"
        Chain>i payload={"nested":{"key":"value","items":[1,2,3]},"source":"test"}
        INV
        Chain+i
        INV
    "#;
    let input = || serde_json::from_str(document).unwrap();
    succeeds(invoke_with_object, input, history, document).await;
}

#[tokio::test]
async fn invoke_5_4() {
    let history = "
        Chain>i payload=null
        INV
        Chain+i payload=null
        INV
    ";
    succeeds(invoke_with_null, || (), history, "null").await;
}

#[tokio::test]
async fn invoke_5_5() {
    let history = "
        Chain>i
        INV
        Chain-i
        INV
    ";
    fails(invoke_fails, || (), history).await;
}

#[tokio::test]
async fn invoke_5_6() {
    let history = "
        Chain>i
        INV
        Chain-i
        INV
    ";
    let result = r#""caught: target function error""#;
    succeeds(invoke_failure_handled, || (), history, result).await;
}

#[tokio::test]
async fn invoke_5_7() {
    let data = "x".repeat(200_000);
    let history = format!(
        "
        Chain>i payload={{\"data\":\"{data}\"}}
        INV
        Chain+i
        INV
    "
    );
    succeeds(invoke_with_large_payload, || (), &history, "200000").await;
}

#[tokio::test]
async fn invoke_5_8() {
    let input = || read(json!({ "tenantId": "bKxWtu", "payload": "vGsYqe" }));
    let history = r#"
        Chain>i tenant=bKxWtu payload="vGsYqe"
        INV
        Chain+i payload="vGsYqe"
        INV
    "#;
    succeeds(invoke_for_tenant, input, history, RESULT).await;
}

#[tokio::test]
async fn invoke_5_9() {
    let history = "
        Chain>i
        INV
        Chain+i
        Wait>w duration=1
        INV
        Wait+w duration=1
        INV
    ";
    succeeds(invoke_then_wait, || Value::Null, history, "null").await;
}

#[tokio::test]
async fn invoke_5_10() {
    let history = "
        Chain>i
        INV
        Chain-i
        Wait>w duration=1
        INV
        Wait+w duration=1
        INV
    ";
    let result = r#""caught: target function error""#;
    succeeds(invoke_failure_then_wait, || (), history, result).await;
}

#[tokio::test]
async fn invoke_5_11() {
    let history = r#"
        Step>s
        Step+s
        Chain>i payload="prepared"
        INV
        Chain+i
        INV
    "#;
    succeeds(step_then_invoke, || (), history, r#""prepared""#).await;
}

#[tokio::test]
async fn invoke_5_12() {
    let history = r#"
        Chain>i payload="question"
        INV
        Chain+i
        Step>s
        Step+s
        INV
    "#;
    let result = r#""processed: question""#;
    succeeds(invoke_then_step, || (), history, result).await;
}

#[tokio::test]
async fn invoke_5_13() {
    let history = r#"
        Child>c
        Chain>i@c payload="question"
        INV
        Chain+i@c
        Child+c payload="question"
        INV
    "#;
    succeeds(invoke_in_child, || (), history, r#""question""#).await;
}

#[tokio::test]
async fn invoke_5_14() {
    let history = r#"
        Chain>a payload="question"
        INV
        Chain+a
        Chain>b payload="question"
        INV
        Chain+b
        INV
    "#;
    succeeds(invokes_in_turn, || (), history, r#""question""#).await;
}

#[tokio::test]
async fn invoke_5_15() {
    let input = || read(json!({ "data": "hello" }));
    let history = r#"
        Chain>i payload="HELLO"
        INV
        Chain+i payload="HELLO"
        INV
    "#;
    succeeds(invoke_with_payload_serdes, input, history, r#""HELLO""#).await;
}

#[tokio::test]
async fn invoke_5_16() {
    let history = r#"
        Chain>i payload="hello"
        INV
        Chain+i payload="hello"
        INV
    "#;
    let result = r#""\"HELLO\"""#;
    let input = || "hello".to_owned();
    succeeds(invoke_with_result_serdes, input, history, result).await;
}
