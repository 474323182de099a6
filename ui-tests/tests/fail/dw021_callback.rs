//! What a callback gives is read; what a wait for one gives is recorded too.
use durable_runtime::prelude::*;

struct Unreadable;

#[derive(serde::Deserialize)]
struct Unwritable;

#[durable_workflow]
async fn approve() -> Result<()> {
    let callback = create_callback::<Unreadable>().await?;
    let _ = callback;
    let _waited: Unwritable = wait_for_callback(|_| async {}).await?;
    Ok(())
}

fn main() {}
