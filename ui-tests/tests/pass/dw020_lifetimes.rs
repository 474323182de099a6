//! Arguments borrow.
#![deny(warnings)]
use durable_runtime::prelude::*;

struct Order {
    name: String,
}

#[step]
async fn join_names(first: &str, second: &str, _order: &Order) -> Result<String> {
    Ok(format!("{first}{second}"))
}

#[step]
async fn longest<'a>(names: &'a [String], _at_least: &'a str) -> usize {
    names.iter().map(String::len).max().unwrap_or_default()
}

#[step]
async fn fill(buffer: &mut Vec<u8>) -> usize {
    buffer.push(1);
    buffer.len()
}

#[durable_workflow]
pub async fn names(names: &[String]) -> Result<String> {
    let order = Order {
        name: "x".to_owned(),
    };
    let length = longest(names, &order.name).await;
    let mut buffer = vec![0; length];
    let filled = fill(&mut buffer).await;
    let first = names.first().map_or("", String::as_str);
    let joined = join_names(first, &filled.to_string(), &order).await?;
    borrowed(&joined).await
}

#[durable_workflow]
pub async fn borrowed(text: &str) -> Result<String> {
    Ok(text.to_owned())
}

fn main() {}
