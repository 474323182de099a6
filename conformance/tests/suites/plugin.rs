//! Whatever plugins watch, and whatever they do: the history is the handler's own. What they are told is tested beside the engine, and by AWS's own suite.

use conformance::handlers::plugin::*;

use crate::support::watched;

fn name() -> String {
    "qkTzWv".to_owned()
}

const GREETED: Option<&str> = Some(r#""Hello, qkTzWv!""#);

#[tokio::test]
async fn a_greeting() {
    let history = r#"
        Step>s
        Step+s payload="Hello, qkTzWv!"
        INV
    "#;
    watched(greeting, name, history, GREETED).await;
}

#[tokio::test]
async fn plugin_10_11() {
    let history = r#"
        Child>c
        Step>s@c
        Step+s@c payload="Hello, qkTzWv!"
        Child+c
        INV
    "#;
    watched(greeting_in_child, name, history, GREETED).await;
}

/// 10-3 and 10-21.
const RETRIED: &str = "
    Step>s
    Step-s delay=1
    INV
    Step>s
    Step+s attempt=2
    INV
";

#[tokio::test]
async fn plugin_10_3() {
    let result = Some(r#""Operation succeeded""#);
    watched(retried, || (), RETRIED, result).await;
}

#[tokio::test]
async fn plugin_10_21() {
    let result = Some(r#""ok""#);
    watched(retried_to_ok, || (), RETRIED, result).await;
}

const WAITED: &str = "
    Wait>w duration=2
    INV
    Wait+w duration=2
    INV
";

#[tokio::test]
async fn a_wait() {
    watched(waiting, || (), WAITED, Some("null")).await;
}

#[tokio::test]
async fn plugin_10_19() {
    let result = Some(r#""done-qkTzWv""#);
    watched(waiting_with_input, name, WAITED, result).await;
}

#[tokio::test]
async fn plugin_10_7() {
    let history = "
        Step>s
        Step-s
        INV
    ";
    watched(failing, || (), history, None).await;
}

#[tokio::test]
async fn plugin_10_15() {
    let history = "
        Step>s
        Step-s delay=1
        INV
        Step>s
        Step-s attempt=2
        INV
    ";
    watched(retries_exhausted, || (), history, None).await;
}

#[tokio::test]
async fn plugin_10_13() {
    let history = "
        Step>a
        Step+a
        Step>b
        Step-b delay=1
        INV
        Step>b
        Step+b attempt=2
        INV
    ";
    let result = Some(r#""Operation succeeded""#);
    watched(step_then_retried, || (), history, result).await;
}

#[tokio::test]
async fn plugin_10_14() {
    let history = r#"
        Step>a
        Step+a payload="task-a"
        Step>b
        Step-b
        INV
    "#;
    watched(step_then_failing, || (), history, None).await;
}

#[tokio::test]
async fn plugin_10_20() {
    let history = r#"
        Step>s name=greet
        Step+s name=greet payload="task-a"
        INV
    "#;
    watched(single_task, || (), history, Some(r#""task-a""#)).await;
}

#[tokio::test]
async fn plugin_10_12() {
    let history = r#"
        Parallel>p
        Branch>a@p
        Branch+a@p payload="task-1"
        Branch>b@p
        Branch+b@p payload="task-2"
        Parallel+p
        INV
    "#;
    let result = Some(r#"["task-1","task-2"]"#);
    watched(two_branches, || (), history, result).await;
}

#[tokio::test]
async fn plugin_10_18() {
    let history = r#"
        Parallel>p name=waits
        Branch>a@p
        Wait>short@a name=short duration=2
        Branch>b@p
        Wait>long@b name=long duration=8
        INV
        Wait+short@a name=short duration=2
        Branch+a@p payload="short-done"
        INV
        Wait+long@b name=long duration=8
        Branch+b@p payload="long-done"
        Parallel+p name=waits
        INV
    "#;
    let result = Some(r#"["short-done","long-done"]"#);
    watched(two_waits, || (), history, result).await;
}

#[tokio::test]
async fn plugin_10_23() {
    let history = r#"
        Parallel>p name=ctx
        Branch>a@p name=branch-a
        Step>s@a
        Step+s@a payload="x"
        Wait>w@a duration=2
        INV
        Wait+w@a duration=2
        Branch+a@p name=branch-a payload="a-done"
        Branch>b@p name=branch-b
        Branch+b@p name=branch-b payload="b-done"
        Parallel+p name=ctx
        INV
    "#;
    let result = Some(r#"["a-done","b-done"]"#);
    watched(named_branches, || (), history, result).await;
}
