//! A workflow with type parameters is no root.
use durable_runtime::prelude::*;
use durable_runtime::{Workflow, WorkflowFn};

#[durable_workflow]
async fn double<T: Into<u32> + Send>(number: T) -> Result<u32> {
    Ok(number.into() * 2)
}

fn register<W: Workflow, Arguments>(_: impl WorkflowFn<W, Arguments>) {}

fn serve() {
    register(double::<u8>);
}

fn main() {}
