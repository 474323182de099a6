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

#[derive(Clone, Deserialize, Serialize)]
struct Customer {
    name: String,
    documents: Vec<String>,
}

#[derive(Deserialize, Serialize)]
struct Consent {
    by: String,
}

#[derive(Deserialize, Serialize)]
enum Card {
    Ordered,
    Printing,
    Printed,
}

#[derive(Deserialize, Serialize)]
struct Welcome {
    account: String,
    rating: u32,
    card: Card,
}

#[rustfmt::skip]
#[allow(clippy::redundant_closure, reason = "the README shows what is handed on")]
mod operations {
use super::*;

#[step]
async fn open_account(customer: &Customer) -> Result<String> {
    Ok(format!("account of {}", customer.name))
}

#[step]
async fn close_account(account: String) -> Result<()> {
    tracing::info!("closed {account}");
    Ok(())
}

#[step]
async fn mail_link(customer: &Customer, id: &CallbackId) -> Result<()> {
    tracing::info!("{}: answer to {id}", customer.name);
    Ok(())
}

#[step]
async fn scan(document: &str) -> Result<usize> {
    Ok(document.len())
}

#[step]
async fn print_state(card: Card) -> Result<Card> {
    Ok(match card {
        Card::Ordered => Card::Printing,
        Card::Printing | Card::Printed => Card::Printed,
    })
}

#[durable_workflow]
async fn ratings(scans: Vec<usize>) -> Result<usize> {
    Ok(scans.iter().sum())
}

#[durable_workflow]
async fn onboard(customer: Customer) -> Result<Welcome> {
    let account = open_account(&customer).compensate(|account| close_account(account)).await?; // undone if the workflow fails
    let consent = create_callback::<Consent>().timeout(Duration::from_hours(72)).await?; // a handle now ...
    mail_link(&customer, consent.id()).await?;
    match consent.result().await { // ... the answer later, by HTTP, from anybody who has the id
        Ok(consent) => tracing::info!("{} agreed", consent.by),
        Err(CallbackError::TimedOut) => return Err(Error::msg("no consent in time")),
        Err(other) => return Err(other.into()),
    }
    let scans = map(&customer.documents, |document| async move { scan(document).await })
        .concurrency(10)
        .await?; // one child context for each
    let rating: u32 = invoke("ratings:prod", &scans).await?; // another function, durable or not
    let card = poll_until(Card::Ordered, |card| print_state(card))
        .until(|card| matches!(card, Card::Printed))
        .every(Duration::from_mins(10))
        .await?;
    Ok(Welcome { account, rating, card })
}

#[tokio::test]
async fn it_runs() {
    let engine = durable_engine::TestEngine::builder().register(onboard).register(ratings).start().await.unwrap();
    let customer = Customer { name: "Ada".into(), documents: vec!["one".into(), "three".into()] };
    let run = engine.start(onboard, customer).await.unwrap();
    let id = loop {
        let events = serde_json::to_value(engine.history(run.arn()).await.unwrap()).unwrap();
        let mut ids = events.as_array().unwrap().iter().filter_map(|event| event["CallbackStartedDetails"]["CallbackId"].as_str());
        if let Some(id) = ids.next() {
            break id.to_owned();
        }
        tokio::task::yield_now().await;
    };
    engine.callback(&id).succeed(&Consent { by: "Ada".into() }).await.unwrap();
    let welcome = run.result().await.unwrap();
    assert_eq!((welcome.account.as_str(), welcome.rating), ("account of Ada", 8));
    assert!(matches!(welcome.card, Card::Printed));
    assert_eq!(engine.elapsed(), Duration::from_mins(10));
}

#[cfg(feature = "lambda")]
pub(super) mod on_lambda {
use super::*;
use durable_runtime::lambda;

fn main() -> Result<(), lambda::Error> {
    lambda::run_blocking(onboard)
}
pub(in super::super) fn bootstrap() -> Result<(), lambda::Error> { main() }
}
}

#[test]
fn every_line_of_the_readmes_code_stands_here() {
    // The call of it is what the README shows; it would wait for a real day.
    let _ = as_written::in_a_program;
    #[cfg(feature = "lambda")]
    let _ = operations::on_lambda::bootstrap;
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
