use conformance::handlers::step::*;

use crate::support::{fails, interrupted, logged, succeeds};

#[tokio::test]
async fn step_1_1() {
    let history = "
        Step>s
        Step+s
        INV
    ";
    succeeds(step_basic, || "World".into(), history, r#""Hello, World!""#).await;
}

#[tokio::test]
async fn step_1_2() {
    let history = "
        Step>s name=custom_step_name
        Step+s name=custom_step_name
        INV
    ";
    succeeds(
        step_with_name,
        || "World".into(),
        history,
        r#""Hello, World!""#,
    )
    .await;
}

#[tokio::test]
async fn step_1_3() {
    let history = "
        Step>a
        Step+a
        Step>b
        Step+b
        INV
    ";
    succeeds(sequential_steps, || (), history, r#""first_second""#).await;
}

#[tokio::test]
async fn step_1_4() {
    let input = || serde_json::from_str(r#"{"name":"Alice","tags":["admin","active"]}"#).unwrap();
    let history = "
        Step>s
        Step+s
        INV
    ";
    let result = r#"{"user":{"name":"Alice","tags":["admin","active"]},"count":2}"#;
    succeeds(complex_object, input, history, result).await;
}

#[tokio::test]
async fn step_1_5() {
    let history = "
        Step>s
        Step+s
        INV
    ";
    succeeds(null_result, || (), history, "null").await;
}

#[tokio::test]
async fn step_1_6() {
    let history = "
        Step>s
        Step+s payload=HELLO WORLD
        INV
    ";
    succeeds(
        custom_serdes,
        || "hello world".into(),
        history,
        r#""HELLO WORLD""#,
    )
    .await;
}

#[tokio::test]
async fn step_1_7() {
    let history = "
        Step>s
        Step+s
        INV
    ";
    succeeds(
        step_with_logger,
        || "qkTzWv".into(),
        history,
        r#""Hello, qkTzWv!""#,
    )
    .await;
    assert_eq!(logged("Greeting step started for: qkTzWv"), 1);
    assert_eq!(logged("Greeting step completed with: Hello, qkTzWv!"), 1);
}

#[tokio::test]
async fn step_1_8() {
    let history = "
        Step>s
        Step+s
        Wait>w duration=2
        INV
        Wait+w duration=2
        INV
    ";
    succeeds(step_and_wait, || (), history, r#""computed""#).await;
}

#[tokio::test]
async fn step_1_9() {
    let history = "
        Step>s
        Step+s
        Wait>w duration=1
        INV
        Wait+w duration=1
        INV
    ";
    succeeds(replay_skips_step, || (), history, r#""cached_value""#).await;
    assert_eq!(logged("computing cached_value"), 1, "the step ran again");
}

#[tokio::test]
async fn step_1_10() {
    let history = "
        Step>s
        Step-s
        Wait>w duration=1
        INV
        Wait+w duration=1
        INV
    ";
    succeeds(replay_fails_again, || (), history, r#""once and for all""#).await;
    assert_eq!(logged("failing: once and for all"), 1, "the step ran again");
}

#[tokio::test]
async fn step_1_11() {
    let history = "
        Step>s
        Step-s delay=1
        INV
        Step>s
        Step+s attempt=2
        INV
    ";
    succeeds(
        retry_then_success,
        || (),
        history,
        r#""Operation succeeded""#,
    )
    .await;
}

#[tokio::test]
async fn step_1_12() {
    let history = "
        Step>s
        Step-s delay=1
        INV
        Step>s
        Step-s attempt=2 delay=1
        INV
        Step>s
        Step-s attempt=3 delay=1
        INV
        Step>s
        Step-s attempt=4
        INV
    ";
    fails(retry_exhausted, || (), history).await;
}

#[tokio::test]
async fn step_1_13() {
    let history = "
        Step>s
        Step-s delay=0..5
        INV
        Step>s
        Step-s attempt=2 delay=0..10
        INV
        Step>s
        Step+s attempt=3
        INV
    ";
    succeeds(default_retry, || (), history, "3").await;
}

#[tokio::test]
async fn step_1_14() {
    let history = "
        Step>s
        Step-s delay=2
        INV
        Step>s
        Step-s attempt=2 delay=6
        INV
        Step>s
        Step+s attempt=3
        INV
    ";
    succeeds(custom_retry, || (), history, "3").await;
}

#[tokio::test]
async fn step_1_15() {
    let history = "
        Step>s
        Step-s delay=1 error=TransientError
        INV
        Step>s
        Step+s attempt=2
        INV
    ";
    succeeds(retry_this_error, || (), history, "2").await;
}

#[tokio::test]
async fn step_1_16() {
    let history = "
        Step>s
        Step-s error=TransientError
        INV
    ";
    fails(do_not_retry_this_error, || (), history).await;
}

#[tokio::test]
async fn step_1_17() {
    let history = "
        Step>s name=at_most_once_flaky_step
        INVerr error=Runtime.ExitError
        Step-s name=at_most_once_flaky_step
        INV
    ";
    interrupted(at_most_once, "fHrNbx".into(), history, None).await;
    assert_eq!(logged("running with fHrNbx"), 1);
}

#[tokio::test]
async fn step_1_18() {
    let history = r#"
        Step>s
        INVerr error=Runtime.ExitError
        Step-s delay=1
        INV
        Step>s
        Step+s attempt=2 payload="succeeded on second attempt"
        INV
    "#;
    let result = r#""succeeded on second attempt""#;
    interrupted(
        at_most_once_with_retry,
        "jPcLdm".into(),
        history,
        Some(result),
    )
    .await;
    assert_eq!(logged("running with jPcLdm"), 2);
}

#[tokio::test]
async fn step_1_19() {
    let history = "
        Step>s
        Step-s
        INV
    ";
    fails(step_with_error, || (), history).await;
}

#[tokio::test]
async fn step_1_20() {
    let history = "
        Step>a
        Step-a
        Step>b
        Step+b
        INV
    ";
    succeeds(error_handled, || (), history, r#""fallback_result""#).await;
}
