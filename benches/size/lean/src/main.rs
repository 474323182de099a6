//! A durable function of one step.

use durable_runtime::lambda;
use durable_runtime::prelude::*;

#[step]
async fn greeting(name: &str) -> Result<String> {
    Ok(format!("Hello, {name}!"))
}

#[durable_workflow]
async fn hello(name: String) -> Result<String> {
    greeting(&name).await
}

fn main() -> std::result::Result<(), lambda::Error> {
    lambda::run_blocking(hello)
}
