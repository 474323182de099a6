//! A shop's workflows, correct as they stand. `check` puts half-typed lines in place of the comments that begin with `at:`.

use durable_runtime::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Order {
    pub number: u64,
    pub customer: String,
    pub lines: Vec<Line>,
}

impl Order {
    pub fn amount(&self) -> u64 {
        self.lines.iter().map(|line| line.cents).sum()
    }
}

#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Line {
    pub sku: String,
    pub cents: u64,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Receipt {
    pub reference: String,
    pub cents: u64,
}

#[step]
pub async fn charge(order: &Order) -> Result<Receipt> {
    let cents = order.amount();
    // at: step
    let reference = bank(order.number).await?;
    Ok(Receipt { reference, cents })
}

async fn bank(number: u64) -> Result<String> {
    Ok(format!("R{number}"))
}

#[step]
pub async fn reserve(
    // at: step's signature
    order: &Order,
) -> Result<String> {
    Ok(format!("shelf {}", order.number))
}

#[step(retry = none, timeout = "30s")]
pub async fn print_label(cx: &StepContext, order: &Order) -> Result<String> {
    let key = cx.idempotency_key();
    // at: step with a context
    Ok(format!("{key} {}", order.customer))
}

#[step]
pub async fn refund(receipt: Receipt) -> Result<()> {
    drop(receipt);
    Ok(())
}

#[step]
pub async fn price(line: &Line) -> Result<u64> {
    Ok(line.cents)
}

#[durable_helper]
pub fn total(order: &Order) -> u64 {
    let first = order.lines.first();
    // at: plain helper
    order.amount() + first.map_or(0, |line| line.cents)
}

#[durable_helper]
pub async fn pay(order: &Order) -> Result<Receipt> {
    let paid = charge(order).compensate(refund).await?;
    // at: helper
    Ok(paid)
}

#[durable_workflow]
pub async fn audit(
    // at: workflow's signature
    order: Order,
) -> Result<u64> {
    // at: alone
    Ok(order.number)
}

#[durable_workflow]
pub async fn fulfil(order: Order) -> Result<String> {
    let receipt = charge(&order).await?;
    // at: middle
    let (shelf, label) = try_join!(reserve(&order), print_label(&order))?;
    // at: joined
    sleep(Duration::from_hours(24)).await;
    let prices = map(&order.lines, |line| async move {
        // at: item
        price(line).await
    })
    .await?;
    let count = step("count", || async {
        // at: inline
        Ok::<_, Error>(order.lines.len())
    })
    .await?;
    if prices.len() < count {
        // at: branch
        return Err(Error::msg("a line has no price"));
    }
    for line in &order.lines {
        // at: loop
        price(line).named("again").keyed(&line.sku).await?;
    }
    let paid = pay(&order).await?;
    let audited = audit(order.clone()).await?;
    // at: end
    Ok(format!(
        "{audited} {shelf} {label} {} {}",
        receipt.reference, paid.reference
    ))
}
