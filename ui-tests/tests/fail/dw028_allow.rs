use std::time::Instant;

use durable_runtime::prelude::*;

#[durable_workflow]
async fn timed() -> Result<()> {
    #[allow_durable(DW003)]
    let _ = Instant::now();
    #[allow_durable(DW003, reason = "")]
    let _ = Instant::now();
    #[allow_durable(DW001, reason = "why not")]
    let _ = 1;
    Ok(())
}

#[allow_durable(DW003, reason = "it is no workflow")]
fn helper() {}

fn main() {
    helper();
}
