//! Callbacks, polls and invocations need a workflow.
use durable_runtime::prelude::*;

#[step]
async fn check(percent: u32) -> Result<u32> {
    Ok(percent + 1)
}

async fn outside(callback: Callback<bool>) {
    let _ = create_callback::<bool>().await;
    let _ = callback.result().await;
    let _ = invoke::<bool>("other", &1).await;
    let _ = wait_for_callback::<bool, _, _>(|_| async {}).await;
    let _ = poll_until(0, check).await;
}

fn main() {}
