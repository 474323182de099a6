//! Maps and parallels in all their shapes.
#![deny(warnings)]
use durable_runtime::prelude::*;
use durable_runtime::ParallelBranch;
use serde::{Deserialize, Serialize};

#[derive(Clone, Serialize, Deserialize)]
struct Line {
    sku: String,
    count: u32,
}

#[step]
async fn quote(sku: &str, count: u32) -> Result<u64> {
    Ok(sku.len() as u64 * u64::from(count))
}

#[step]
async fn double(number: u64) -> Result<u64> {
    Ok(number * 2)
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Declined;

impl std::fmt::Display for Declined {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("declined")
    }
}

impl std::error::Error for Declined {}

#[step]
async fn charge(cents: u64) -> Result<u64, Declined> {
    Ok(cents)
}

#[durable_workflow]
async fn order(lines: Vec<Line>) -> Result<u64> {
    let borrowed = map(&lines, |line| async move { quote(&line.sku, line.count).await }).await?;
    let stepwise = map(&borrowed, |cents| double(*cents)).named("stepwise").await?;
    let by_function = map(stepwise.clone(), double).named("by function").await?;
    let indexed = map(lines.iter().zip(&borrowed), |(line, cents), index| async move {
        quote(&line.sku, index as u32).named("again").await.map(|quote| quote + cents)
    })
    .named("indexed")
    .keyed(|(line, _)| &line.sku)
    .item_name(|(line, _), index| format!("{} {index}", line.sku))
    .concurrency(2)
    .flat()
    .await?;
    let charged: Result<Vec<u64>, Declined> = map(indexed, |cents| async move {
        sleep(Duration::from_secs(1)).await;
        charge(cents).named("charge").await
    })
    .named("charged")
    .await;
    let limit = 3;
    let settled = map(by_function, |cents| charge(cents))
        .named("settled")
        .settled()
        .min_successful(1)
        .tolerate_failure_percentage(50.0)
        .until(|progress| progress.failed > limit)
        .await;
    let plain: Vec<u64> = map(settled.succeeded(), |cents| async { *cents }).named("plain").await;
    let nested = map([1_u64, 2], |outer| async move {
        map([3_u64, 4], |inner| double(inner * outer)).named("inner").await
    })
    .named("outer")
    .await?;
    let temporary = map(&lines.clone(), |line| async move { line.count }).named("temporary").await;
    let all = charged.map_err(Error::from)?;
    Ok(all.iter().chain(&plain).chain(nested.iter().flatten()).sum::<u64>()
        + u64::from(temporary.iter().sum::<u32>()))
}

#[durable_workflow]
async fn together(lines: Vec<Line>) -> Result<Vec<u64>> {
    let mut branches: Vec<ParallelBranch<'_, Result<u64>>> = vec![branch(|| double(1)).named("one")];
    for line in &lines {
        branches.push(branch(move || async move { quote(&line.sku, 1).await }));
    }
    let first = parallel(branches).concurrency(4).await?;
    let (second, third) = join!(
        parallel([branch(|| async { 1_u8 }), branch(|| async { 2 })]).named("second"),
        third => parallel(lines.iter().map(|line| branch(|| quote(&line.sku, 3).named("third quote"))))
            .named("third")
            .settled(),
    );
    Ok(first.into_iter().chain(third.into_result()?).chain([second.len() as u64]).collect())
}

#[durable_workflow]
async fn flat_children(line: Line) -> Result<u64> {
    let cents = child("block", || async { quote(&line.sku, line.count).await }).flat().await?;
    Ok(cents + order(vec![line.clone()]).flat().named("flat order").await?)
}

/// Functions of one's own that have the names of ours stay what they are.
mod own {
    use durable_runtime::prelude::*;

    #[step]
    async fn map(left: u32, right: u32) -> Result<u32> {
        Ok(left + right)
    }

    fn parallel(number: u32) -> u32 {
        number
    }

    #[durable_workflow]
    pub(crate) async fn sum(number: u32) -> Result<u32> {
        map(parallel(number), number).await
    }
}

fn main() {
    let _ = (order, together, flat_children, own::sum);
}
