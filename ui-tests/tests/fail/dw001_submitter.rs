//! A submitter is a step.
use durable_runtime::prelude::*;

#[step]
async fn ask(_id: CallbackId) -> Result<()> {
    Ok(())
}

#[durable_workflow]
async fn approve() -> Result<bool> {
    let approved: bool = wait_for_callback(|id| id.to_string().len()).await?;
    let submit = |id| async move { drop(id) };
    let kept: bool = wait_for_callback(submit).named("kept").await?;
    let nested: bool = wait_for_callback(|id| async move { ask(id).await }).named("nested").await?;
    Ok(approved && kept && nested)
}

fn main() {}
