//! The `nightly-report` workflow, with its child workflows, as a Lambda function.

use durable_runtime::lambda;
use examples::nightly_report::{Outbox, nightly_report};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let outbox = Outbox::open(&std::env::temp_dir().join("nightly-report.outbox"))?;
    Ok(lambda::host(nightly_report).state(outbox).run_blocking()?)
}
