use std::env;

use durable_runtime::prelude::*;

#[durable_workflow]
async fn region() -> Result<String> {
    let home = env::var("REGION")?;
    Ok(home + &std::env::args().collect::<String>())
}

fn main() {}
