//! Names of the user do not meet names of the expansion.
#![deny(warnings)]
#![allow(non_camel_case_types, dead_code)]
use durable_runtime::prelude::*;

mod durable {}
struct Future;
struct Pin;
struct Send;
type Box = u8;

#[step]
async fn charge(args: u32, outcome: u32, clone: &str) -> Result<u32> {
    Ok(args + outcome + clone.len() as u32)
}

#[durable_workflow]
pub async fn input(state: u32, #[state] body: u32) -> Result<u32> {
    let site: Box = 1;
    let value = charge(state, body, "x").await?;
    Ok(value + u32::from(site))
}

fn main() {}
