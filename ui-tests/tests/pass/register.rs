//! A host takes workflow functions of every shape.
#![deny(warnings)]
use durable_runtime::prelude::*;
use durable_runtime::{Workflow, WorkflowFn};

#[durable_workflow]
pub async fn none() {}

#[durable_workflow]
pub async fn owned(text: String) -> Result<String> {
    Ok(text)
}

#[durable_workflow]
pub async fn borrowed(text: &str, #[state] number: usize) -> Result<usize> {
    Ok(text.len() + number)
}

mod nested {
    use durable_runtime::prelude::*;

    #[durable_workflow]
    pub(crate) async fn inner(numbers: Vec<u32>) -> Result<usize> {
        Ok(numbers.len())
    }
}

fn register<W: Workflow, Arguments>(_: impl WorkflowFn<W, Arguments>) -> &'static str {
    W::DEFINITION.name()
}

pub fn serve() {
    use nested::inner;

    register(none);
    register(owned);
    register(borrowed);
    register(inner);
}

fn main() {}
