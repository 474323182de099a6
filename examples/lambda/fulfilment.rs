//! The `fulfilment` workflow as a Lambda function: the same function that `--bin fulfilment` runs on this machine.

use durable_runtime::lambda;
use examples::fulfilment::fulfil;
use examples::shared::Ledger;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // The one folder that a Lambda function can write to. A real workflow would hold a client of an outside system here.
    let ledger = Ledger::open(&std::env::temp_dir().join("fulfilment.ledger"))?;
    Ok(lambda::host(fulfil).state(ledger).run_blocking()?)
}
