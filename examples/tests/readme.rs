//! The README's code: every line of its Rust blocks stands in this file, and runs.

use durable_engine::Engine;
use durable_runtime::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Clone, Deserialize, Serialize)]
struct Order {
    card: String,
    cents: u64,
}

#[derive(Deserialize, Serialize)]
struct Receipt(u64);

#[derive(Debug, PartialEq, Deserialize, Serialize)]
struct Shipment(String);

mod payments {
    pub(super) async fn charge(card: &str, cents: u64) -> super::Result<super::Receipt> {
        if card.is_empty() {
            Err(super::Error::msg("no card"))
        } else {
            Ok(super::Receipt(cents))
        }
    }
}

#[rustfmt::skip]
mod as_written {
use super::*;

#[step] // a side effect, recorded once it is done
async fn charge(order: &Order) -> Result<Receipt> {
    payments::charge(&order.card, order.cents).await
}

#[step]
async fn reserve(order: &Order) -> Result<String> {
    Ok(format!("shelf {}", order.cents % 7))
}

#[step]
async fn print_label(order: &Order) -> Result<String> {
    Ok(format!("label for {}", order.card))
}

#[step]
async fn ship(receipt: &Receipt, stock: &str, label: &str) -> Result<Shipment> {
    Ok(Shipment(format!("{} {stock} {label}", receipt.0)))
}

#[durable_workflow] // a plain async function
async fn fulfil(order: Order) -> Result<Shipment> {
    let receipt = charge(&order).await?;
    let (stock, label) = try_join!(reserve(&order), print_label(&order))?; // at the same time
    sleep(Duration::from_hours(24)).await; // costs nothing while it waits
    ship(&receipt, &stock, &label).await // tried again if it fails
}

pub(super) async fn in_a_program(order: Order) -> std::result::Result<Shipment, Box<dyn std::error::Error>> {
let engine = Engine::open("orders.db")?.register(fulfil).start().await?;
let run = engine.start(fulfil, order).id("order-42").await?; // the same id and input give the same execution
let shipment = run.result().await?; // a `Shipment`
Ok(shipment)
}

#[tokio::test]
async fn it_runs() {
    let engine = durable_engine::TestEngine::builder().register(fulfil).start().await.unwrap();
    let run = engine.start(fulfil, Order { card: "4242".into(), cents: 8 }).await.unwrap();
    assert_eq!(run.result().await.unwrap(), Shipment("8 shelf 1 label for 4242".into()));
    assert_eq!(engine.elapsed(), Duration::from_hours(24));
}
}

#[test]
fn every_line_of_the_readmes_code_stands_here() {
    // The call of it is what the README shows; it would wait for a real day.
    let _ = as_written::in_a_program;
    let readme = include_str!("../../README.md");
    let here = include_str!("readme.rs");
    let blocks = readme
        .split("```rust\n")
        .skip(1)
        .filter_map(|block| block.split("```").next());
    let mut lines = 0;
    for line in blocks
        .flat_map(str::lines)
        .filter(|line| !line.trim().is_empty())
    {
        assert!(
            here.lines().any(|mine| mine == line),
            "the README's line is not compiled anywhere: {line}"
        );
        lines += 1;
    }
    assert!(lines > 12, "found only {lines} lines of code in the README");
}
