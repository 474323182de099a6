//! What is serializable is recorded, an error with its type.
#![deny(warnings)]
use durable_runtime::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

#[derive(Debug, Deserialize, Serialize)]
pub enum Declined {
    Card(String),
    Late,
}

impl std::fmt::Display for Declined {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Card(card) => f.write_str(card),
            Self::Late => f.write_str("late"),
        }
    }
}

impl From<TimedOut> for Declined {
    fn from(_: TimedOut) -> Self {
        Self::Late
    }
}

type Outcome = std::result::Result<u32, Declined>;

#[step(timeout = "30s")]
async fn charge(cents: u32) -> Result<u32, Declined> {
    if cents > 1 {
        Err(Declined::Card("1234".to_owned()))
    } else {
        Ok(cents)
    }
}

#[step]
async fn alias(cents: u32) -> Outcome {
    Ok(cents)
}

#[step(infallible)]
async fn whole(cents: u32) -> Result<u32, String> {
    Err(cents.to_string())
}

#[step]
async fn counts() -> BTreeMap<String, Vec<Option<u32>>> {
    BTreeMap::new()
}

#[durable_workflow]
pub async fn pay(cents: u32) -> Result<u32, Declined> {
    let charged = match charge(cents).await {
        Err(Declined::Card(card)) => card.len() as u32,
        other => other?,
    };
    let whole = whole(1).await.unwrap_or_default();
    Ok(charged + alias(2).await? + whole + counts().await.len() as u32)
}

fn main() {}
