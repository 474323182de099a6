use conformance::handlers::map::*;

use crate::support::{fails, succeeds};

/// One item after the other: `+` for each that returns and `-` for each that fails.
fn items(ends: &str) -> String {
    let mut history = "Map>m\n".to_owned();
    for (place, end) in ends.chars().enumerate() {
        history += &format!("Iter>i{place}@m\nIter{end}i{place}@m\n");
    }
    history + "Map+m\nINV"
}

#[tokio::test]
async fn map_9_1() {
    let names = || vec!["World".to_owned(), "Kiro".to_owned()];
    let history = r#"
        Map>m
        Iter>a@m
        Step>s@a
        Step+s@a payload="Hello, World!"
        Iter+a@m payload="Hello, World!"
        Iter>b@m
        Step>t@b
        Step+t@b payload="Hello, Kiro!"
        Iter+b@m payload="Hello, Kiro!"
        Map+m
        INV
    "#;
    let result = r#"["Hello, World!","Hello, Kiro!"]"#;
    succeeds(map_basic, names, history, result).await;
}

#[tokio::test]
async fn map_9_2() {
    succeeds(map_items_only, || vec![1, 2], &items("++"), "[2,4]").await;
}

#[tokio::test]
async fn map_9_3() {
    let numbers = || vec![10, 20, 30];
    succeeds(map_with_index, numbers, &items("+++"), "[10,21,32]").await;
}

#[tokio::test]
async fn map_9_4() {
    succeeds(map_of_nothing, Vec::new, &items(""), "[]").await;
}

#[tokio::test]
async fn map_9_5() {
    let result = r#"{"completionReason":"FAILURE_TOLERANCE_EXCEEDED","status":"FAILED","successCount":1,"failureCount":1,"totalCount":2}"#;
    succeeds(map_fail_fast, || (), &items("+-"), result).await;
}

#[tokio::test]
async fn map_9_6() {
    fails(map_rethrows, || (), &items("-")).await;
}

#[tokio::test]
async fn map_9_7() {
    let result = r#"{"completionReason":"MIN_SUCCESSFUL_REACHED","successCount":2,"totalCount":2}"#;
    succeeds(map_enough, || (), &items("++"), result).await;
}

#[tokio::test]
async fn map_9_8() {
    let result = r#"{"completionReason":"ALL_COMPLETED","status":"FAILED","successCount":2,"failureCount":1,"totalCount":3}"#;
    succeeds(map_tolerates, || (), &items("+-+"), result).await;
}

/// Two failures are one too many.
const EXCEEDED: &str = r#"{"completionReason":"FAILURE_TOLERANCE_EXCEEDED","successCount":0,"failureCount":2,"totalCount":2}"#;

#[tokio::test]
async fn map_9_9() {
    succeeds(map_tolerance_exceeded, || (), &items("--"), EXCEEDED).await;
}

#[tokio::test]
async fn map_9_10() {
    succeeds(map_percentage_exceeded, || (), &items("--"), EXCEEDED).await;
}

#[tokio::test]
async fn map_9_11() {
    // Two begin at once; here no item takes any time, so they end in the order they began in.
    let result = r#"["r0","r1","r2"]"#;
    succeeds(map_two_at_a_time, || (), &items("+++"), result).await;
}

#[tokio::test]
async fn map_9_12() {
    let history = r#"
        Map>m
        Step>s@m
        Step+s@m payload="fa"
        Step>t@m
        Step+t@m payload="fb"
        Map+m
        INV
    "#;
    succeeds(map_flat, || (), history, r#"["fa","fb"]"#).await;
}

#[tokio::test]
async fn map_9_13() {
    let history = "
        Map>m name=named-items
        Iter>a@m name=item-1
        Iter+a@m name=item-1 payload=10
        Iter>b@m name=item-2
        Iter+b@m name=item-2 payload=20
        Map+m name=named-items
        INV
    ";
    succeeds(map_with_names, || vec![1, 2], history, "[10,20]").await;
}

#[tokio::test]
async fn map_9_14() {
    let history = "
        Map>m
        Iter>a@m
        Iter+a@m payload=wrapped:X
        Iter>b@m
        Iter+b@m payload=wrapped:Y
        Map+m
        INV
    ";
    succeeds(map_with_item_serdes, || (), history, r#"["X","Y"]"#).await;
}

#[tokio::test]
async fn map_9_15() {
    let history = r#"
        Map>m
        Iter>a@m
        Step>s@a
        Step+s@a payload="r0"
        Iter+a@m payload="r0"
        Iter>b@m
        Wait>w@b duration=1
        INV
        Wait+w@b duration=1
        Step>t@b
        Step+t@b payload="r1"
        Iter+b@m payload="r1"
        Map+m
        INV
    "#;
    succeeds(map_item_waits, || (), history, r#"["r0","r1"]"#).await;
}

#[tokio::test]
async fn map_9_16() {
    let result = r#"{"successCount":4,"totalCount":4}"#;
    succeeds(map_large, || (), &items("++++"), result).await;
}

/// What follows a batch that was complete: it is skipped on replay.
fn then_wait(history: String) -> String {
    history + "\n" + "Wait>w duration=1\nINV\nWait+w duration=1\nINV"
}

#[tokio::test]
async fn map_9_17() {
    let history = then_wait(items("++").replace("INV", ""));
    succeeds(map_then_wait, || (), &history, r#"["A","B"]"#).await;
}

#[tokio::test]
async fn map_9_18() {
    let history = then_wait(items("+-").replace("INV", ""));
    let result = r#"{"completionReason":"ALL_COMPLETED","status":"FAILED","successCount":1,"failureCount":1,"totalCount":2}"#;
    succeeds(map_failure_then_wait, || (), &history, result).await;
}

fn joined() -> String {
    items("++").replace("Map+m", "Map+m payload=OPSERDE:X,Y")
}

#[tokio::test]
async fn map_9_19() {
    succeeds(map_with_serdes, || (), &joined(), r#"["X","Y"]"#).await;
}

#[tokio::test]
async fn map_9_20() {
    let history = then_wait(joined().replace("INV", ""));
    let result = r#"["X","Y"]"#;
    succeeds(map_with_serdes_then_wait, || (), &history, result).await;
}
