use std::fs;

use durable_runtime::prelude::*;

#[durable_workflow]
async fn archive(path: String) -> Result<String> {
    fs::write(&path, "done")?;
    std::process::Command::new("sync").status()?;
    Ok(fs::read_to_string(&path)?)
}

fn main() {}
