//! Every function of the suite: `_HANDLER` says which one this process is, or else its name.

use std::io;

use conformance::FUNCTIONS;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let wanted =
        std::env::var("_HANDLER").or_else(|_| std::env::var("AWS_LAMBDA_FUNCTION_NAME"))?;
    let function = FUNCTIONS
        .iter()
        .find(|function| function.name() == wanted)
        .ok_or_else(|| io::Error::other(format!("no function of the suite is named {wanted}")))?;
    function.host().run_blocking()?;
    Ok(())
}
