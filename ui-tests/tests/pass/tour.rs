//! The shape of a whole workflow.
#![deny(warnings)]
use durable_runtime::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Clone, Deserialize, Serialize)]
pub struct Order {
    lines: Vec<Line>,
}

#[derive(Clone, Deserialize, Serialize)]
pub struct Line {
    sku: String,
    cents: u32,
}

#[derive(Deserialize, Serialize)]
pub struct Shipment {
    tracking: String,
    label: String,
}

#[step]
async fn charge(order: &Order) -> Result<u32> {
    Ok(order.lines.iter().map(|line| line.cents).sum())
}

#[step]
async fn reserve(order: &Order) -> Result<usize> {
    Ok(order.lines.len())
}

#[step]
async fn print_label(order: &Order) -> Result<String> {
    Ok(format!("{} lines", order.lines.len()))
}

#[step(semantics = "at_most_once", retry = none, timeout = "30s")]
async fn ship(cx: &StepContext, _order: &Order) -> Result<String> {
    Ok(cx.idempotency_key())
}

#[step]
async fn bill(line: &Line) -> Result<u32> {
    Ok(line.cents)
}

#[durable_workflow]
pub async fn fulfil(order: Order) -> Result<Shipment> {
    let receipt = charge(&order).await?;
    let (stock, label) = try_join!(reserve(&order), print_label(&order))?;
    sleep(Duration::from_hours(24)).await;
    match race!(shipped => ship(&order), late => sleep(Duration::from_hours(1))) {
        shipped(tracking) => {
            for line in &order.lines {
                bill(line).keyed(&line.sku).await?;
            }
            audit(&order).await?;
            Ok(Shipment {
                tracking: tracking?,
                label,
            })
        }
        late(()) => Err(Error::msg(format!("{receipt} for {stock} is late"))),
    }
}

#[durable_workflow]
pub async fn audit(order: &Order) -> Result<usize> {
    let lines = order.lines.len();
    Ok(step("audit", || async { lines }).await)
}

fn main() {}
