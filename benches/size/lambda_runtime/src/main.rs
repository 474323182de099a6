//! A Lambda function that isn't durable: what no durable function in Rust can be smaller than.

use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::Value;

async fn hello(event: LambdaEvent<Value>) -> Result<String, Error> {
    Ok(format!("Hello, {}!", event.payload))
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    lambda_runtime::run(service_fn(hello)).await
}
