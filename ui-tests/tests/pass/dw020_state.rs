//! `#[state]` is no part of the input.
#![deny(warnings)]
use durable_runtime::prelude::*;

#[step]
async fn charge(cents: u32) -> Result<u32> {
    Ok(cents)
}

use durable_runtime::{Workflow, WorkflowFn};

#[derive(Clone)]
pub struct Clients {
    url: String,
}

#[durable_workflow]
pub async fn pay(cents: u32, #[state] clients: Clients, #[state] rate: u8) -> Result<u32> {
    charge(cents + clients.url.len() as u32 + u32::from(rate)).await
}

#[durable_workflow]
pub async fn only_state(#[state] clients: &Clients) -> Result<String> {
    Ok(clients.url.clone())
}

fn register<W: Workflow, Arguments>(_: impl WorkflowFn<W, Arguments>) {}

pub fn serve() {
    register(pay);
    register(only_state);
}

fn main() {}
