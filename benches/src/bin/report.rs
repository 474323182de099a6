//! Reads what the bench programs printed, writes the tables, and draws the plots.

use std::error::Error;
use std::io::{self, Read};
use std::path::Path;

use durable_benches::report::Report;

fn main() -> Result<(), Box<dyn Error>> {
    let mut text = String::new();
    io::stdin().read_to_string(&mut text)?;
    let mut arguments = std::env::args().skip(1);
    let long = arguments.next().unwrap_or_else(|| "many".to_owned());
    let report = Report::of(&text, long);
    report.print();
    if let Some(folder) = arguments.next() {
        report.plot(Path::new(&folder))?;
    }
    Ok(())
}
