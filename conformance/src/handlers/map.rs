//! Suite `map`, 9-1 to 9-20. Most have one item at a time, so that their histories have one order.

use durable_runtime::prelude::*;

use super::codecs::{Joined, Labelled};
use super::summary::Summary;

#[step]
async fn greet(name: &str) -> Result<String> {
    Ok(format!("Hello, {name}!"))
}

/// 9-1
#[durable_workflow]
pub async fn map_basic(names: Vec<String>) -> Result<Vec<String>> {
    map(&names, |name| async move { greet(name).await })
        .concurrency(1)
        .await
}

/// 9-2
#[durable_workflow]
pub async fn map_items_only(numbers: Vec<i64>) -> Result<Vec<i64>> {
    let doubled = map(numbers, |number| async move { number * 2 })
        .concurrency(1)
        .await;
    Ok(doubled)
}

/// 9-3
#[durable_workflow]
pub async fn map_with_index(numbers: Vec<usize>) -> Result<Vec<usize>> {
    let sums = map(numbers, |number, index| async move { number + index })
        .concurrency(1)
        .await;
    Ok(sums)
}

/// 9-4
#[durable_workflow]
pub async fn map_of_nothing(numbers: Vec<i64>) -> Result<Vec<i64>> {
    let same = map(numbers, |number| async move { number }).await;
    Ok(same)
}

/// What an item of this kind comes to.
fn judge(item: &str) -> Result<String> {
    match item {
        "bad" => Err(Error::msg("this item fails")),
        _ => Ok(item.to_owned()),
    }
}

/// 9-5
#[durable_workflow]
pub async fn map_fail_fast() -> Result<Summary> {
    let batch = map(["ok", "bad", "ok"], |item| async move { judge(item) })
        .concurrency(1)
        .settled()
        .tolerate_failures(0)
        .await;
    Ok(Summary::of(&batch))
}

/// 9-6
#[durable_workflow]
pub async fn map_rethrows() -> Result<Vec<String>> {
    map(["bad", "ok"], |item| async move { judge(item) })
        .concurrency(1)
        .settled()
        .tolerate_failures(0)
        .await
        .into_result()
}

/// 9-7
#[durable_workflow]
pub async fn map_enough() -> Result<Summary> {
    let batch = map(["a", "b", "c", "d"], |item| async move { judge(item) })
        .concurrency(1)
        .settled()
        .min_successful(2)
        .await;
    Ok(Summary::of(&batch).without_status().without_failures())
}

/// 9-8
#[durable_workflow]
pub async fn map_tolerates() -> Result<Summary> {
    let batch = map(["ok", "bad", "ok"], |item| async move { judge(item) })
        .concurrency(1)
        .settled()
        .tolerate_failures(1)
        .await;
    Ok(Summary::of(&batch))
}

/// 9-9
#[durable_workflow]
pub async fn map_tolerance_exceeded() -> Result<Summary> {
    let batch = map(["bad", "bad", "ok"], |item| async move { judge(item) })
        .concurrency(1)
        .settled()
        .tolerate_failures(1)
        .await;
    Ok(Summary::of(&batch).without_status())
}

/// 9-10
#[durable_workflow]
pub async fn map_percentage_exceeded() -> Result<Summary> {
    let items = ["bad", "bad", "ok", "ok"];
    let batch = map(items, |item| async move { judge(item) })
        .concurrency(1)
        .settled()
        .tolerate_failure_percentage(25.0)
        .await;
    Ok(Summary::of(&batch).without_status())
}

/// 9-11
#[durable_workflow]
pub async fn map_two_at_a_time() -> Result<Vec<String>> {
    let items = ["r0", "r1", "r2"];
    map(items, |item| async move { judge(item) })
        .concurrency(2)
        .await
}

#[step]
async fn task(result: &str) -> Result<String> {
    Ok(result.to_owned())
}

/// 9-12
#[durable_workflow]
pub async fn map_flat() -> Result<Vec<String>> {
    map(["fa", "fb"], |item| async move { task(item).await })
        .concurrency(1)
        .flat()
        .await
}

/// 9-13
#[durable_workflow]
pub async fn map_with_names(numbers: Vec<i64>) -> Result<Vec<i64>> {
    let tenfold = map(numbers, |number| async move { number * 10 })
        .named("named-items")
        .item_name(|number, _| format!("item-{number}"))
        .concurrency(1)
        .await;
    Ok(tenfold)
}

/// 9-14
#[durable_workflow]
pub async fn map_with_item_serdes() -> Result<Vec<String>> {
    let upper = map(["x", "y"], |item| async move { item.to_uppercase() })
        .concurrency(1)
        .item_codec(Labelled)
        .await;
    Ok(upper)
}

/// 9-15
#[durable_workflow]
pub async fn map_item_waits() -> Result<Vec<String>> {
    map(["r0", "r1"], |item, index| async move {
        if index == 1 {
            sleep(Duration::from_secs(1)).await;
        }
        task(item).await
    })
    .concurrency(1)
    .await
}

/// 9-16
#[durable_workflow]
pub async fn map_large() -> Result<Summary> {
    let batch = map(["a", "b", "c", "d"], |item| async move {
        Ok::<_, Error>(item.repeat(70_000))
    })
    .concurrency(1)
    .settled()
    .await;
    Ok(Summary::of(&batch)
        .without_status()
        .without_failures()
        .without_reason())
}

/// 9-17
#[durable_workflow]
pub async fn map_then_wait() -> Result<Vec<String>> {
    let upper = map(["a", "b"], |item| async move { item.to_uppercase() })
        .concurrency(1)
        .await;
    sleep(Duration::from_secs(1)).await;
    Ok(upper)
}

/// 9-18
#[durable_workflow]
pub async fn map_failure_then_wait() -> Result<Summary> {
    let batch = map(["ok", "bad"], |item| async move { judge(item) })
        .concurrency(1)
        .settled()
        .tolerate_failures(1)
        .await;
    sleep(Duration::from_secs(1)).await;
    Ok(Summary::of(&batch))
}

/// 9-19
#[durable_workflow]
pub async fn map_with_serdes() -> Result<Vec<String>> {
    let upper = map(["x", "y"], |item| async move { item.to_uppercase() })
        .concurrency(1)
        .codec(Joined)
        .await;
    Ok(upper)
}

/// 9-20
#[durable_workflow]
pub async fn map_with_serdes_then_wait() -> Result<Vec<String>> {
    let upper = map(["x", "y"], |item| async move { item.to_uppercase() })
        .concurrency(1)
        .codec(Joined)
        .await;
    sleep(Duration::from_secs(1)).await;
    Ok(upper)
}
