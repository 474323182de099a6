use conformance::handlers::wait::*;

use crate::support::{started, succeeds};

#[tokio::test]
async fn wait_2_1() {
    let history = "
        Wait>w duration=2
        INV
        Wait+w duration=2
        INV
    ";
    succeeds(wait_basic, || (), history, "null").await;
}

#[tokio::test]
async fn wait_2_2() {
    let history = "
        Wait>w name=custom_wait_name duration=2
        INV
        Wait+w name=custom_wait_name duration=2
        INV
    ";
    succeeds(wait_with_name, || (), history, "null").await;
}

#[tokio::test]
async fn wait_2_3() {
    let history = "
        Wait>a name=wait-1 duration=2
        INV
        Wait+a name=wait-1 duration=2
        Wait>b name=wait-2 duration=2
        INV
        Wait+b name=wait-2 duration=2
        INV
    ";
    succeeds(sequential_waits, || (), history, r#"{"completedWaits":2}"#).await;
}

#[tokio::test]
async fn wait_2_4() {
    let history = "
        Wait>w duration=60
        INV
    ";
    started(wait_a_minute, (), history).await;
}

#[tokio::test]
async fn wait_2_5() {
    let history = "
        Wait>w duration=3600
        INV
    ";
    started(wait_an_hour, (), history).await;
}
