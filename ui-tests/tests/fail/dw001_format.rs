//! In the macros that print and format.
use durable_runtime::prelude::*;

async fn fetch(id: u32) -> u32 {
    id
}

async fn name(id: u32) -> String {
    id.to_string()
}

#[durable_workflow]
async fn report(id: u32) -> Result<String> {
    let _ = format!("{} of {id}", fetch(id).await);
    Ok(format!("{:?}", name(id).await))
}

fn main() {}
