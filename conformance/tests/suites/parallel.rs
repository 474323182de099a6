use conformance::handlers::parallel::*;

use crate::support::{fails, succeeds};

/// One branch after the other: `+` for each that returns and `-` for each that fails.
fn branches(ends: &str) -> String {
    let mut history = "Parallel>p\n".to_owned();
    for (place, end) in ends.chars().enumerate() {
        history += &format!("Branch>b{place}@p\nBranch{end}b{place}@p\n");
    }
    history + "Parallel+p\nINV"
}

#[tokio::test]
async fn parallel_8_1() {
    let history = r#"
        Parallel>p
        Branch>a@p
        Step>s@a
        Step+s@a payload="task-1"
        Branch+a@p payload="task-1"
        Branch>b@p
        Step>t@b
        Step+t@b payload="task-2"
        Branch+b@p payload="task-2"
        Parallel+p
        INV
    "#;
    let result = r#"["task-1","task-2"]"#;
    succeeds(parallel_basic, || (), history, result).await;
}

#[tokio::test]
async fn parallel_8_2() {
    let result = r#"["alpha","beta"]"#;
    succeeds(branches_only, || (), &branches("++"), result).await;
}

#[tokio::test]
async fn parallel_8_3() {
    let history = r#"
        Parallel>p
        Branch>a@p name=first
        Branch+a@p name=first payload="one"
        Branch>b@p name=second
        Branch+b@p name=second payload="two"
        Parallel+p
        INV
    "#;
    succeeds(named_branches, || (), history, r#"["one","two"]"#).await;
}

#[tokio::test]
async fn parallel_8_4() {
    let history = r#"
        Parallel>p
        Branch>a@p
        Branch+a@p payload="hello"
        Branch>b@p
        Branch+b@p payload=42
        Branch>c@p
        Branch+c@p payload={"k":"v"}
        Parallel+p
        INV
    "#;
    let result = r#"["hello",42,{"k":"v"}]"#;
    succeeds(different_branches, || (), history, result).await;
}

#[tokio::test]
async fn parallel_8_5() {
    succeeds(no_branches, || (), &branches(""), "[]").await;
}

#[tokio::test]
async fn parallel_8_6() {
    let result = r#"{"completionReason":"FAILURE_TOLERANCE_EXCEEDED","status":"FAILED","successCount":1,"failureCount":1,"totalCount":2}"#;
    succeeds(parallel_fail_fast, || (), &branches("+-"), result).await;
}

#[tokio::test]
async fn parallel_8_7() {
    fails(parallel_rethrows, || (), &branches("-")).await;
}

#[tokio::test]
async fn parallel_8_8() {
    let result = r#"{"completionReason":"MIN_SUCCESSFUL_REACHED","successCount":2,"totalCount":2}"#;
    succeeds(parallel_enough, || (), &branches("++"), result).await;
}

#[tokio::test]
async fn parallel_8_9() {
    let result = r#"{"completionReason":"ALL_COMPLETED","status":"FAILED","successCount":2,"failureCount":1,"totalCount":3}"#;
    succeeds(parallel_tolerates, || (), &branches("+-+"), result).await;
}

/// Two failures are one too many.
const EXCEEDED: &str = r#"{"completionReason":"FAILURE_TOLERANCE_EXCEEDED","successCount":0,"failureCount":2,"totalCount":2}"#;

#[tokio::test]
async fn parallel_8_10() {
    let handler = parallel_tolerance_exceeded;
    succeeds(handler, || (), &branches("--"), EXCEEDED).await;
}

#[tokio::test]
async fn parallel_8_11() {
    // Two begin at once; here no branch takes any time, so they end in the order they began in.
    let history = r#"
        Parallel>p
        Branch>a@p
        Branch+a@p payload="r0"
        Branch>b@p
        Branch+b@p payload="r1"
        Branch>c@p
        Branch+c@p payload="r2"
        Parallel+p
        INV
    "#;
    succeeds(two_at_a_time, || (), history, r#"["r0","r1","r2"]"#).await;
}

#[tokio::test]
async fn parallel_8_12() {
    let history = r#"
        Parallel>p
        Step>s@p
        Step+s@p payload="fa"
        Step>t@p
        Step+t@p payload="fb"
        Parallel+p
        INV
    "#;
    succeeds(flat_branches, || (), history, r#"["fa","fb"]"#).await;
}

#[tokio::test]
async fn parallel_8_13() {
    let handler = parallel_percentage_exceeded;
    succeeds(handler, || (), &branches("--"), EXCEEDED).await;
}

#[tokio::test]
async fn parallel_8_14() {
    let history = r#"
        Parallel>p
        Branch>a@p
        Step>s@a
        Step+s@a payload="b0"
        Branch+a@p payload="b0"
        Branch>b@p
        Wait>w@b duration=2
        INV
        Wait+w@b duration=2
        Branch+b@p payload="b1"
        Parallel+p
        INV
    "#;
    succeeds(branch_waits, || (), history, r#"["b0","b1"]"#).await;
}

#[tokio::test]
async fn parallel_8_15() {
    let history = r#"
        Parallel>p
        Branch>a@p
        Branch+a@p payload={"wrapped":"x"}
        Branch>b@p
        Branch+b@p payload={"wrapped":"y"}
        Parallel+p
        INV
    "#;
    succeeds(branches_with_serdes, || (), history, r#"["x","y"]"#).await;
}

#[tokio::test]
async fn parallel_8_16() {
    let result = r#"{"completionReason":"ALL_COMPLETED","status":"FAILED","successCount":0,"failureCount":3,"totalCount":3}"#;
    succeeds(all_branches_fail, || (), &branches("---"), result).await;
}

#[tokio::test]
async fn parallel_8_17() {
    let result = r#"{"completionReason":"ALL_COMPLETED","status":"FAILED","successCount":2,"failureCount":1,"totalCount":3}"#;
    succeeds(parallel_not_enough, || (), &branches("+-+"), result).await;
}

#[tokio::test]
async fn parallel_8_18() {
    let handler = parallel_tolerance_first;
    succeeds(handler, || (), &branches("--"), EXCEEDED).await;
}

#[tokio::test]
async fn parallel_8_19() {
    fails(parallel_without_concurrency, || (), "INV").await;
}

#[tokio::test]
async fn parallel_8_20() {
    let result = r#"{"hasFailure":true,"successCount":2,"failureCount":1,"errorCount":1}"#;
    succeeds(parallel_accessors, || (), &branches("+-+"), result).await;
}

#[tokio::test]
async fn parallel_8_21() {
    let history = r#"
        Parallel>p
        Branch>a@p
        Parallel>q@a
        Branch>b@q
        Step>s@b
        Step+s@b payload="i1"
        Branch+b@q payload="i1"
        Branch>c@q
        Step>t@c
        Step+t@c payload="i2"
        Branch+c@q payload="i2"
        Parallel+q@a
        Branch+a@p payload=["i1","i2"]
        Parallel+p
        INV
    "#;
    succeeds(nested_branches, || (), history, r#"[["i1","i2"]]"#).await;
}

#[tokio::test]
async fn parallel_8_22() {
    let result = r#"{"completionReason":"ALL_COMPLETED","status":"FAILED","successCount":3,"failureCount":1,"totalCount":4}"#;
    let handler = parallel_percentage_reached;
    succeeds(handler, || (), &branches("-+++"), result).await;
}
