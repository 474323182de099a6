//! What was found about each history.

use std::collections::HashMap;
use std::io::Write;

use serde::{Deserialize, Serialize};

use super::sources::Source;
use crate::failure::Failure;
use crate::text::{BAD, FAINT, GOOD, STRONG, print_json, shown, shown_lines};

/// What the package's test says about one file.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Line {
    file: String,
    verdict: String,
    detail: String,
}

/// What was found about one history.
#[derive(Debug, Serialize)]
pub(super) struct Found<'a> {
    history: &'a str,
    workflow: &'a str,
    verdict: String,
    detail: String,
}

impl Found<'_> {
    pub(super) fn fits(&self) -> bool {
        self.verdict == "fits"
    }
}

/// Each history with what was found about it.
pub(super) fn beside(sources: &[Source], lines: Vec<Line>) -> Vec<Found<'_>> {
    let by_file: HashMap<String, Line> = lines
        .into_iter()
        .map(|line| (line.file.clone(), line))
        .collect();
    sources
        .iter()
        .map(|source| {
            // One file may be named twice.
            let line = by_file.get(&source.file.display().to_string()).cloned();
            let (verdict, detail) = match line {
                Some(line) => (line.verdict, line.detail),
                None => (
                    "not replayed".to_owned(),
                    format!(
                        "no test of workflow `{}` ran: a workflow with type parameters or a borrowed input has none, nor has one in a target with `test = false`; `durable_engine::assert_replays!` in a test of your own replays it",
                        source.workflow
                    ),
                ),
            };
            Found {
                history: &source.name,
                workflow: &source.workflow,
                verdict,
                detail,
            }
        })
        .collect()
}

pub(super) fn text(found: &[Found<'_>], out: &mut impl Write) -> Result<(), Failure> {
    let (strong, faint, good, bad) = (STRONG, FAINT, GOOD, BAD);
    for line in found.iter().filter(|line| !line.fits()) {
        writeln!(
            out,
            "{bad}{}{bad:#} {strong}{}{strong:#} {faint}(workflow `{}`){faint:#}\n    {}",
            line.verdict,
            shown(line.history),
            shown(line.workflow),
            shown_lines(&line.detail)
        )?;
    }
    if let [only] = found
        && only.fits()
    {
        let next = match only.detail.is_empty() {
            true => String::new(),
            false => format!("; next would be {}", only.detail),
        };
        writeln!(out, "{good}fits{good:#} {}{next}", shown(only.history))?;
        return Ok(());
    }
    let mut counts: Vec<(&str, usize)> = Vec::new();
    for line in found {
        match counts
            .iter_mut()
            .find(|(verdict, _)| *verdict == line.verdict)
        {
            Some((_, count)) => *count += 1,
            None => counts.push((&line.verdict, 1)),
        }
    }
    let counts: Vec<_> = counts
        .iter()
        .map(|(verdict, count)| format!("{count} {verdict}"))
        .collect();
    let all = found.len();
    let histories = if all == 1 { "history" } else { "histories" };
    writeln!(out, "{all} {histories}: {}", counts.join(", "))?;
    Ok(())
}

#[derive(Serialize)]
struct Report<'a> {
    histories: &'a [Found<'a>],
}

pub(super) fn json(found: &[Found<'_>], out: &mut impl Write) -> Result<(), Failure> {
    print_json(&Report { histories: found }, out)
}
