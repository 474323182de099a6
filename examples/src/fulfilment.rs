//! The workflow of the `fulfilment` example.
//!
//! The steps have a real effect: each appends a line to a ledger file, which is how the crash test knows what
//! really happened.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};

use durable_runtime::prelude::*;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::Failure;

/// What somebody bought.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct Order {
    /// The shop's number for it.
    pub id: String,
    /// Who gets it.
    pub customer: String,
    /// The card to charge. `declined` is declined.
    pub card: String,
    /// What is in it.
    pub lines: Vec<Line>,
    /// How long the parcel waits for its carrier, in seconds.
    #[serde(default)]
    pub wait_seconds: u64,
}

/// One kind of item in an order.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct Line {
    /// The shop's number for the item.
    pub sku: String,
    /// How many.
    pub quantity: u32,
    /// What one costs.
    pub cents: u64,
}

impl Order {
    /// An order to try things with.
    #[must_use]
    pub fn sample() -> Self {
        Self {
            id: "order-42".to_owned(),
            customer: "ada@example.com".to_owned(),
            card: "4242".to_owned(),
            lines: vec![
                Line { sku: "tea-pot".to_owned(), quantity: 1, cents: 3_900 },
                Line { sku: "tea-cup".to_owned(), quantity: 6, cents: 450 },
            ],
            wait_seconds: 0,
        }
    }

    /// Reads an order.
    ///
    /// # Errors
    /// When the file can't be read, isn't JSON, or lacks a field; the message names the file and the field.
    pub fn read(path: &Path) -> Result<Self, Failure> {
        let text = std::fs::read_to_string(path)
            .map_err(|error| Failure::Input(format!("can't read the order {}: {error}", path.display())))?;
        serde_json::from_str(&text).map_err(|error| {
            Failure::Input(format!(
                "{} is no order: {error}; an order looks like {}",
                path.display(),
                serde_json::to_string(&Self::sample()).unwrap_or_default()
            ))
        })
    }

    fn total(&self) -> u64 {
        self.lines.iter().map(|line| line.cents * u64::from(line.quantity)).sum()
    }
}

/// A charge that went through.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct Receipt {
    /// The payment's number.
    pub payment: String,
    /// What was charged.
    pub cents: u64,
}

/// How an order ended.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Delivery {
    /// On its way.
    Shipped {
        /// The receipt.
        receipt: Receipt,
        /// Where the items came from.
        shelf: String,
        /// The carrier's number.
        tracking: String,
    },
    /// The card was declined, and what had been put aside was given back.
    Refused {
        /// Why.
        reason: String,
    },
}

/// Why a charge failed. The workflow gets this very type back, live and on replay.
#[derive(Clone, Debug, PartialEq, Error, Deserialize, Serialize)]
pub enum ChargeError {
    /// Trying again won't help.
    #[error("card {card} was declined")]
    Declined {
        /// The card.
        card: String,
    },
    /// Trying again may help.
    #[error("the payment gateway is busy")]
    GatewayBusy,
}

impl ChargeError {
    fn is_transient(&self) -> bool {
        matches!(self, Self::GatewayBusy)
    }
}

/// Checks an order before anything is done for it.
#[step(retry = none)]
pub async fn validate(ledger: &Ledger, order: &Order) -> Result<u64> {
    ledger.write("validate", 1, &order.id)?;
    if order.lines.is_empty() {
        return Err(Error::msg(format!("order {} has no lines", order.id)));
    }
    Ok(order.total())
}

/// Takes the money. The gateway is busy at the first attempt; the strategy tries again.
#[step(
    semantics = "at_most_once",
    retry = exponential(max_attempts = 4, initial_delay = "1s", jitter = "none"),
    retry_if = ChargeError::is_transient,
)]
pub async fn charge(cx: &StepContext, ledger: &Ledger, order: &Order, cents: u64) -> Result<Receipt, ChargeError> {
    ledger.write("charge", cx.attempt(), cx.idempotency_key()).map_err(|_| ChargeError::GatewayBusy)?;
    if order.card == "declined" {
        return Err(ChargeError::Declined { card: order.card.clone() });
    }
    if cx.attempt() == 1 {
        return Err(ChargeError::GatewayBusy);
    }
    Ok(Receipt { payment: format!("pay-{}", order.id), cents })
}

/// Gives back what a refused order had reserved.
#[step]
pub async fn refund(cx: &StepContext, ledger: &Ledger, order: &Order) -> Result<()> {
    ledger.write("refund", cx.attempt(), &order.id)
}

/// Takes the items off the shelf.
#[step]
pub async fn reserve_stock(cx: &StepContext, ledger: &Ledger, order: &Order) -> Result<String> {
    ledger.write("reserve_stock", cx.attempt(), &order.id)?;
    Ok(format!("shelf-{}", order.lines.len()))
}

/// Prints the parcel's label.
#[step]
pub async fn print_label(cx: &StepContext, ledger: &Ledger, order: &Order) -> Result<String> {
    ledger.write("print_label", cx.attempt(), &order.id)?;
    Ok(format!("label for {}", order.customer))
}

/// Hands the parcel to the carrier.
#[step(semantics = "at_most_once", retry = exponential(max_attempts = 5, initial_delay = "1s", jitter = "none"))]
pub async fn ship(cx: &StepContext, ledger: &Ledger, order: &Order, label: &str) -> Result<String> {
    ledger.write("ship", cx.attempt(), label)?;
    Ok(format!("track-{}", order.id))
}

/// Tells the customer.
#[step]
pub async fn notify(cx: &StepContext, ledger: &Ledger, order: &Order, message: &str) -> Result<()> {
    ledger.write("notify", cx.attempt(), format!("{}: {message}", order.customer))
}

/// An order from payment to delivery.
#[durable_workflow]
pub async fn fulfil(order: Order, #[state] ledger: Ledger) -> Result<Delivery> {
    let cents = validate(&ledger, &order).await?;
    tracing::info!("order {} is valid, {cents} cents", order.id);

    let receipt = match charge(&ledger, &order, cents).await {
        Ok(receipt) => receipt,
        Err(declined) => {
            tracing::info!("{declined}");
            refund(&ledger, &order).await?;
            return Ok(Delivery::Refused { reason: declined.to_string() });
        }
    };
    tracing::info!("charged as {}", receipt.payment);

    let (shelf, label) = try_join!(reserve_stock(&ledger, &order), print_label(&ledger, &order))?;
    tracing::info!("packed from {shelf}, waiting {} s for the carrier", order.wait_seconds);

    sleep(Duration::from_secs(order.wait_seconds)).await;

    let tracking = ship(&ledger, &order, &label).await?;
    tracing::info!("shipped as {tracking}");
    notify(&ledger, &order, &format!("your parcel is on its way: {tracking}")).await?;
    Ok(Delivery::Shipped { receipt, shelf, tracking })
}

/// A file that the steps write to: their effect on the world.
#[derive(Clone, Debug)]
pub struct Ledger {
    path: PathBuf,
}

impl Ledger {
    /// The ledger at this path; made when first written to.
    #[must_use]
    pub fn new(path: &Path) -> Self {
        Self { path: path.to_owned() }
    }

    /// Appends a line: step, attempt, what it did.
    ///
    /// # Errors
    /// When the file can't be written; the message names it.
    pub fn write(&self, step: &str, attempt: u32, what: impl std::fmt::Display) -> Result<()> {
        let line = format!("{step}\t{attempt}\t{what}\n");
        let written = OpenOptions::new()
            .create(true)
            .append(true)
            .open(&self.path)
            .and_then(|mut file| file.write_all(line.as_bytes()));
        written.map_err(|error| Error::from(error).context(format!("can't write the ledger {}", self.path.display())))
    }
}

/// Says whether the execution is new, goes on, or is finished.
///
/// # Errors
/// When the database can't be read.
pub async fn announce(engine: &durable_engine::Engine, id: &str) -> Result<(), Failure> {
    match engine.find("fulfil", id).await? {
        None => tracing::info!("{id}: starting"),
        Some(found) if found.status.is_terminal() => {
            tracing::info!("{id}: finished before, nothing runs; this is the recorded result");
        }
        Some(_) => tracing::info!("{id}: going on where it was"),
    }
    Ok(())
}
