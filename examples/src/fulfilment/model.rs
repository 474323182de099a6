//! What the `fulfilment` workflow is given, and what becomes of it.

use std::path::Path;

use durable_engine::Engine;
use durable_runtime::wire::limits;
use durable_runtime::{Error, StepFault, Workflow};
use serde::{Deserialize, Serialize};

use super::fulfil;
use crate::shared::{Failure, read_json};

/// What somebody bought.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Order {
    /// The shop's number for it.
    pub id: String,
    /// Who gets it.
    pub customer: String,
    /// The card to charge. `declined` is declined, and for `busy` the gateway never has time.
    pub card: String,
    /// What is in it.
    pub lines: Vec<Line>,
    /// How long the parcel waits for its carrier, in seconds.
    #[serde(default = "three")]
    pub wait_seconds: u64,
}

/// One kind of item in an order.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Line {
    /// The shop's number for the item.
    pub sku: String,
    /// How many.
    pub quantity: u32,
    /// What one costs.
    pub cents: u64,
}

/// An order that nobody could fulfil.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("order {order:?} is not valid: {problem}")]
pub struct InvalidOrder {
    /// The order's number.
    pub order: String,
    /// What is wrong with it, and what would be right.
    pub problem: String,
}

fn three() -> u64 {
    3
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
                Line {
                    sku: "tea-pot".to_owned(),
                    quantity: 1,
                    cents: 3_900,
                },
                Line {
                    sku: "tea-cup".to_owned(),
                    quantity: 6,
                    cents: 450,
                },
            ],
            wait_seconds: three(),
        }
    }

    /// Reads an order from a JSON file and checks it, before anything is started for it.
    ///
    /// # Errors
    /// When the file can't be read, isn't JSON, lacks a field, or holds an order that [`total`](Self::total) refuses.
    pub fn read(path: &Path) -> Result<Self, Failure> {
        let order: Self = read_json(path, "an order", &Self::sample())?;
        match order.total() {
            Ok(_) => Ok(order),
            Err(error) => Err(Failure::Input(format!("{error} (in {})", path.display()))),
        }
    }

    /// What it costs, in cents.
    ///
    /// # Errors
    /// When there is nothing in it, an item is ordered zero times, or the sum or the wait is beyond all limits.
    pub fn total(&self) -> Result<u64, InvalidOrder> {
        let invalid = |problem: String| InvalidOrder {
            order: self.id.clone(),
            problem,
        };
        if self.lines.is_empty() {
            return Err(invalid(
                "`lines` is empty; add at least one item".to_owned(),
            ));
        }
        if self.wait_seconds > u64::from(limits::WAIT_SECONDS_MAX) {
            let max = limits::WAIT_SECONDS_MAX;
            return Err(invalid(format!(
                "`wait_seconds` is {}; the service waits at most {max} s (366 days)",
                self.wait_seconds
            )));
        }
        let mut total = 0_u64;
        for (number, line) in self.lines.iter().enumerate() {
            if line.quantity == 0 {
                return Err(invalid(format!(
                    "`lines[{number}].quantity` is 0; order at least one, or leave the line out"
                )));
            }
            total = line
                .cents
                .checked_mul(line.quantity.into())
                .and_then(|price| total.checked_add(price))
                .ok_or_else(|| {
                    invalid(format!(
                        "with `lines[{number}]` its price is more than 64 bits of cents"
                    ))
                })?;
        }
        Ok(total)
    }

    /// How many things are in it.
    #[must_use]
    pub fn items(&self) -> u64 {
        self.lines.iter().map(|line| u64::from(line.quantity)).sum()
    }

    /// How long the carrier takes is no part of the order: one that was started keeps the wait it was started with, so that the command without `--wait` goes on
    /// with it too.
    ///
    /// # Errors
    /// When the database can't be read.
    pub async fn keep_recorded_wait(&mut self, engine: &Engine, id: &str) -> Result<(), Failure> {
        let Some(found) = engine.find(fulfil::DEFINITION.name(), id).await? else {
            return Ok(());
        };
        let recorded: Option<Self> = found
            .input
            .as_deref()
            .and_then(|text| serde_json::from_str(text).ok());
        if let Some(recorded) = recorded {
            self.wait_seconds = recorded.wait_seconds;
        }
        Ok(())
    }
}

/// A charge that went through.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Receipt {
    /// The payment's number.
    pub payment: String,
    /// What was charged.
    pub cents: u64,
}

/// How an order ended.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
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
    /// The card was declined, and the customer has the deposit back.
    Refused {
        /// The card.
        card: String,
        /// What was given back, in cents.
        refunded: u64,
    },
}

/// Why a charge failed. The workflow gets this very type back, live and on replay, with its fields.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Deserialize, Serialize)]
pub enum ChargeError {
    /// Trying again won't help.
    #[error("card {card} was declined, after a deposit of {deposit} cents was taken")]
    Declined {
        /// The card.
        card: String,
        /// What was taken before the card was declined, in cents.
        deposit: u64,
    },
    /// Trying again may help.
    #[error("the payment gateway is busy")]
    GatewayBusy,
    /// Nobody knows whether the money was taken: every attempt was interrupted, or there was no noting what it did.
    #[error("{0}")]
    Unclear(String),
}

impl ChargeError {
    pub(super) fn is_transient(&self) -> bool {
        !matches!(self, Self::Declined { .. })
    }
}

/// An attempt that a crash interrupted.
impl From<StepFault> for ChargeError {
    fn from(fault: StepFault) -> Self {
        Self::Unclear(fault.message)
    }
}

/// A ledger that can't be written.
impl From<Error> for ChargeError {
    fn from(error: Error) -> Self {
        Self::Unclear(format!("{error:#}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sample_file_is_the_sample() {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/order.json");
        assert_eq!(Order::read(&file).unwrap(), Order::sample());
    }

    #[test]
    fn an_order_that_nobody_could_fulfil_says_what_is_wrong_with_it() {
        let problem = |change: fn(&mut Order)| {
            let mut order = Order::sample();
            change(&mut order);
            order.total().unwrap_err().to_string()
        };
        assert!(
            problem(|order| order.lines.clear())
                .contains("order \"order-42\" is not valid: `lines` is empty")
        );
        assert!(problem(|order| order.lines[1].quantity = 0).contains("`lines[1].quantity` is 0"));
        assert!(problem(|order| order.lines[1].cents = u64::MAX).contains("`lines[1]`"));
        assert!(problem(|order| order.wait_seconds = 31_622_401).contains("at most 31622400 s"));
    }
}
