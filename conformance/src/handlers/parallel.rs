//! Suite `parallel`, 8-1 to 8-22. Most have one branch at a time, so that their histories have one order.

use durable_runtime::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::codecs::Envelope;
use super::summary::Summary;

#[step]
async fn task(result: &str) -> Result<String> {
    Ok(result.to_owned())
}

fn works() -> Result<String> {
    Ok("ok".to_owned())
}

fn fails() -> Result<String> {
    Err(Error::msg("this branch fails"))
}

/// 8-1
#[durable_workflow]
pub async fn parallel_basic() -> Result<Vec<String>> {
    parallel([
        branch(|| async { task("task-1").named("one").await }),
        branch(|| async { task("task-2").named("two").await }),
    ])
    .concurrency(1)
    .await
}

/// 8-2
#[durable_workflow]
pub async fn branches_only() -> Result<Vec<String>> {
    let results = parallel([
        branch(|| async { "alpha".to_owned() }),
        branch(|| async { "beta".to_owned() }),
    ])
    .concurrency(1)
    .await;
    Ok(results)
}

/// 8-3
#[durable_workflow]
pub async fn named_branches() -> Result<Vec<String>> {
    let results = parallel([
        branch(|| async { "one".to_owned() }).named("first"),
        branch(|| async { "two".to_owned() }).named("second"),
    ])
    .concurrency(1)
    .await;
    Ok(results)
}

/// 8-4
#[durable_workflow]
pub async fn different_branches() -> Result<Vec<Value>> {
    let results = parallel([
        branch(|| async { json!("hello") }),
        branch(|| async { json!(42) }),
        branch(|| async { json!({ "k": "v" }) }),
    ])
    .concurrency(1)
    .await;
    Ok(results)
}

/// 8-5
#[durable_workflow]
pub async fn no_branches() -> Result<Vec<String>> {
    let mut branches = vec![branch(|| async { "not wanted".to_owned() })];
    branches.clear();
    Ok(parallel(branches).await)
}

/// 8-6
#[durable_workflow]
pub async fn parallel_fail_fast() -> Result<Summary> {
    let batch = parallel([
        branch(|| async { works() }),
        branch(|| async { fails() }),
        branch(|| async { works() }),
    ])
    .concurrency(1)
    .settled()
    .tolerate_failures(0)
    .await;
    Ok(Summary::of(&batch))
}

/// 8-7
#[durable_workflow]
pub async fn parallel_rethrows() -> Result<Vec<String>> {
    parallel([branch(|| async { fails() }), branch(|| async { works() })])
        .concurrency(1)
        .settled()
        .tolerate_failures(0)
        .await
        .into_result()
}

/// 8-8
#[durable_workflow]
pub async fn parallel_enough() -> Result<Summary> {
    let batch = parallel([
        branch(|| async { works() }),
        branch(|| async { works() }),
        branch(|| async { works() }),
        branch(|| async { works() }),
    ])
    .concurrency(1)
    .settled()
    .min_successful(2)
    .await;
    Ok(Summary::of(&batch).without_status().without_failures())
}

/// 8-9
#[durable_workflow]
pub async fn parallel_tolerates() -> Result<Summary> {
    let batch = parallel([
        branch(|| async { works() }),
        branch(|| async { fails() }),
        branch(|| async { works() }),
    ])
    .concurrency(1)
    .settled()
    .tolerate_failures(1)
    .await;
    Ok(Summary::of(&batch))
}

/// 8-10
#[durable_workflow]
pub async fn parallel_tolerance_exceeded() -> Result<Summary> {
    let batch = parallel([
        branch(|| async { fails() }),
        branch(|| async { fails() }),
        branch(|| async { works() }),
    ])
    .concurrency(1)
    .settled()
    .tolerate_failures(1)
    .await;
    Ok(Summary::of(&batch).without_status())
}

/// 8-11
#[durable_workflow]
pub async fn two_at_a_time() -> Result<Vec<String>> {
    let results = parallel([
        branch(|| async { "r0".to_owned() }),
        branch(|| async { "r1".to_owned() }),
        branch(|| async { "r2".to_owned() }),
    ])
    .concurrency(2)
    .await;
    Ok(results)
}

/// 8-12
#[durable_workflow]
pub async fn flat_branches() -> Result<Vec<String>> {
    parallel([
        branch(|| async { task("fa").named("one").await }),
        branch(|| async { task("fb").named("two").await }),
    ])
    .concurrency(1)
    .flat()
    .await
}

/// 8-13
#[durable_workflow]
pub async fn parallel_percentage_exceeded() -> Result<Summary> {
    let batch = parallel([
        branch(|| async { fails() }),
        branch(|| async { fails() }),
        branch(|| async { works() }),
        branch(|| async { works() }),
    ])
    .concurrency(1)
    .settled()
    .tolerate_failure_percentage(25.0)
    .await;
    Ok(Summary::of(&batch).without_status())
}

/// 8-14
#[durable_workflow]
pub async fn branch_waits() -> Result<Vec<String>> {
    parallel([
        branch(|| async { task("b0").await }),
        branch(|| async {
            sleep(Duration::from_secs(2)).await;
            Ok("b1".to_owned())
        }),
    ])
    .concurrency(1)
    .await
}

/// 8-15
#[durable_workflow]
pub async fn branches_with_serdes() -> Result<Vec<String>> {
    let results = parallel([
        branch(|| async { "x".to_owned() }),
        branch(|| async { "y".to_owned() }),
    ])
    .concurrency(1)
    .item_codec(Envelope)
    .await;
    Ok(results)
}

/// 8-16
#[durable_workflow]
pub async fn all_branches_fail() -> Result<Summary> {
    let batch = parallel([
        branch(|| async { fails() }),
        branch(|| async { fails() }),
        branch(|| async { fails() }),
    ])
    .concurrency(1)
    .settled()
    .tolerate_failures(3)
    .await;
    Ok(Summary::of(&batch))
}

/// 8-17
#[durable_workflow]
pub async fn parallel_not_enough() -> Result<Summary> {
    let batch = parallel([
        branch(|| async { works() }),
        branch(|| async { fails() }),
        branch(|| async { works() }),
    ])
    .concurrency(1)
    .settled()
    .min_successful(3)
    .await;
    Ok(Summary::of(&batch))
}

/// 8-18
#[durable_workflow]
pub async fn parallel_tolerance_first() -> Result<Summary> {
    let batch = parallel([
        branch(|| async { fails() }),
        branch(|| async { fails() }),
        branch(|| async { works() }),
        branch(|| async { works() }),
    ])
    .concurrency(1)
    .settled()
    .min_successful(3)
    .tolerate_failures(1)
    .await;
    Ok(Summary::of(&batch).without_status())
}

/// 8-19
#[durable_workflow]
pub async fn parallel_without_concurrency() -> Result<Vec<String>> {
    parallel([branch(|| async { works() }), branch(|| async { works() })])
        .concurrency(0)
        .await
}

/// What 8-20 returns.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Accessors {
    has_failure: bool,
    success_count: usize,
    failure_count: usize,
    error_count: usize,
}

/// 8-20
#[durable_workflow]
pub async fn parallel_accessors() -> Result<Accessors> {
    let batch = parallel([
        branch(|| async { works() }),
        branch(|| async { fails() }),
        branch(|| async { works() }),
    ])
    .concurrency(1)
    .settled()
    .tolerate_failures(1)
    .await;
    Ok(Accessors {
        has_failure: batch.has_failure(),
        success_count: batch.succeeded().count(),
        failure_count: batch.failed().count(),
        error_count: batch.errors().count(),
    })
}

/// 8-21
#[durable_workflow]
pub async fn nested_branches() -> Result<Vec<Vec<String>>> {
    parallel([branch(|| async {
        parallel([
            branch(|| async { task("i1").named("one").await }),
            branch(|| async { task("i2").named("two").await }),
        ])
        .named("inner")
        .concurrency(1)
        .await
    })])
    .concurrency(1)
    .await
}

/// 8-22
#[durable_workflow]
pub async fn parallel_percentage_reached() -> Result<Summary> {
    let batch = parallel([
        branch(|| async { fails() }),
        branch(|| async { works() }),
        branch(|| async { works() }),
        branch(|| async { works() }),
    ])
    .concurrency(1)
    .settled()
    .tolerate_failure_percentage(25.0)
    .await;
    Ok(Summary::of(&batch))
}
