//! `cargo durable audit`

use std::io::Write;

use serde::Serialize;

use super::manifests::gather;
use crate::cli::Format;
use crate::cli::code::Audit;
use crate::failure::Failure;
use crate::text::{FAINT, STRONG, print_json};

/// One exception to the rules.
#[derive(Serialize)]
struct Found<'a> {
    package: &'a str,
    function: &'a str,
    file: &'a str,
    line: u32,
    rules: &'a [String],
    reason: &'a str,
}

#[derive(Serialize)]
struct Report<'a> {
    exceptions: Vec<Found<'a>>,
}

pub(crate) fn run(audit: &Audit, out: &mut impl Write) -> Result<(), Failure> {
    let packages = gather(&audit.packages)?;
    let mut exceptions = Vec::new();
    let mut functions = 0usize;
    for package in &packages {
        for manifest in &package.manifests {
            functions += 1;
            exceptions.extend(manifest.exceptions.iter().map(|exception| Found {
                package: &package.name,
                function: &manifest.function,
                file: &manifest.file,
                line: exception.line,
                rules: &exception.rules,
                reason: &exception.reason,
            }));
        }
    }
    if audit.format == Format::Json {
        return print_json(&Report { exceptions }, out);
    }
    for found in &exceptions {
        let (strong, faint) = (STRONG, FAINT);
        writeln!(
            out,
            "{strong}{}{strong:#}  {}:{}  {faint}in `{}`{faint:#}\n    {}",
            found.rules.join(", "),
            found.file,
            found.line,
            found.function,
            found.reason,
        )?;
    }
    let count = exceptions.len();
    let exceptions = if count == 1 {
        "exception"
    } else {
        "exceptions"
    };
    writeln!(out, "{count} {exceptions} in {functions} durable functions")?;
    Ok(())
}
