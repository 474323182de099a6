//! Says what changed, and what has to be decided.

use std::io::Write;

use durable_lock::Kind;
use durable_lock::lock::Lock;
use durable_lock::manifest::sites;
use durable_lock::update::{Open, Written};
use serde::Serialize;

use super::{Next, path_of};
use crate::code::resolve::Kinds;
use crate::failure::Failure;
use crate::text::{BAD, BUSY, FAINT, GOOD, STRONG, print_json};

pub(super) fn text(
    nexts: &[Next<'_>],
    wrote: bool,
    kinds: &Kinds,
    out: &mut impl Write,
) -> Result<(), Failure> {
    let (strong, faint, bad) = (STRONG, FAINT, BAD);
    for next in nexts {
        let any = next.old.is_some() || !next.workflows.is_empty();
        if !any {
            continue;
        }
        let path = next.path.display();
        let state = match (next.is_outdated(), wrote) {
            (false, _) if next.update.open.is_empty() => "is up to date",
            (true, true) => "written",
            _ => "is out of date",
        };
        let revision = next.update.lock.revision();
        writeln!(
            out,
            "{strong}{}{strong:#}: {path} {state}{faint}, revision {revision}{faint:#}",
            next.package.name
        )?;
        // What is locked for the first time has nobody to be late for.
        let first: Vec<_> = next.old.iter().flat_map(|old| Lock::parse(old)).collect();
        let is_known = |workflow: &str| first.iter().any(|lock| lock.of(workflow).next().is_some());
        for written in &next.update.written {
            let (style, sign, path, mut why) = line(written);
            if let Written::Added(entry) = written
                && !is_known(&entry.workflow)
            {
                entry.kind.noun().clone_into(&mut why);
            }
            writeln!(
                out,
                "  {style}{sign}{style:#} {path}  {faint}{why}{faint:#}"
            )?;
        }
        for open in &next.update.open {
            let told = told(next, open);
            writeln!(
                out,
                "  {bad}!{bad:#} {strong}{}{strong:#}{}: {} [{}]\n      = help: {}",
                told.operation,
                told.place
                    .map_or_else(String::new, |place| format!(" at {place}")),
                told.what,
                told.rule,
                told.help,
            )?;
        }
        for note in notes(next, kinds) {
            writeln!(
                out,
                "  {faint}note: {} at {}: {} [{}]{faint:#}",
                note.operation, note.place, note.what, note.rule
            )?;
        }
    }
    Ok(())
}

/// A line about what was written: its style, its sign, the operation and what that means.
fn line(written: &Written) -> (anstyle::Style, char, String, String) {
    match written {
        Written::Added(entry) => (
            GOOD,
            '+',
            entry.path(),
            format!(
                "{}; executions that are past it run it late",
                entry.kind.noun()
            ),
        ),
        Written::Retired(entry) => (
            BAD,
            '-',
            entry.path(),
            "retired: its recorded results are skipped".to_owned(),
        ),
        Written::Aliased(entry) => (
            BUSY,
            '~',
            entry.path(),
            format!(
                "is `{}` in the code, and keeps its identity",
                entry.text_key()
            ),
        ),
        Written::Restored(entry) => (GOOD, '+', entry.path(), "is back".to_owned()),
        Written::Refreshed(entry) => (
            FAINT,
            '=',
            entry.path(),
            format!("now known as {}, by `{}`", entry.kind.noun(), entry.callee),
        ),
        Written::Reset(workflow) => (
            BUSY,
            '~',
            workflow.clone(),
            "locked anew: executions that still run would notice".to_owned(),
        ),
    }
}

/// Something to decide, in words.
#[derive(Serialize)]
struct Told {
    rule: &'static str,
    operation: String,
    place: Option<String>,
    what: String,
    help: String,
}

fn told(next: &Next<'_>, open: &Open) -> Told {
    match open {
        Open::Operation { workflow, problem } => {
            let manifest = next.workflows.get(&**workflow);
            let site = problem.place.and_then(|place| {
                let sites = sites(manifest?.body());
                sites.get(place).copied()
            });
            let line = site.map(|site| site.line);
            let place = manifest.map(|manifest| {
                format!("{}:{}", manifest.file, line.unwrap_or(manifest.line))
            });
            Told {
                rule: problem.change.rule(),
                operation: path_of(open),
                place,
                what: problem.change.to_string(),
                help: problem.change.help(site.is_some_and(|site| site.in_branch)),
            }
        }
        Open::Workflow { name, instead } => Told {
            rule: "DW101",
            operation: name.clone(),
            place: None,
            what: "this workflow or helper is locked and no longer in the code, so running executions of it can't go on".to_owned(),
            help: match instead {
                Some(new) => format!(
                    "if it is `{new}` now, give that its old name, `name = \"{name}\"` in its attribute; if it is gone, `cargo durable lock --accept {name}`"
                ),
                None => format!(
                    "put it back; or, when none of its executions is left, `cargo durable lock --accept {name}`"
                ),
            },
        },
    }
}

/// Something to think about.
#[derive(Serialize)]
struct Note {
    rule: &'static str,
    operation: String,
    place: String,
    what: &'static str,
}

/// DW017: operations in loops that are told apart by the number of the iteration.
fn notes(next: &Next<'_>, kinds: &Kinds) -> Vec<Note> {
    let mut notes = Vec::new();
    for (name, manifest) in &next.workflows {
        for site in sites(manifest.body()) {
            let kind = kinds.kind(site);
            let counts = site.repeats
                && !site.keyed
                && !kind.leaves_no_record()
                && !matches!(kind, Kind::Sleep | Kind::Join | Kind::TryJoin | Kind::Race);
            if counts {
                notes.push(Note {
                    rule: "DW017",
                    operation: format!("{name}/{}", site.key),
                    place: format!("{}:{}", manifest.file, site.line),
                    what: "in this loop it is told apart by the number of the iteration; where the items may change while it runs, `.keyed(&item.id)` tells it by the item",
                });
            }
        }
    }
    notes
}

/// The report of one package.
#[derive(Serialize)]
struct Report<'a> {
    package: &'a str,
    lock: String,
    revision: u32,
    up_to_date: bool,
    written: bool,
    changes: Vec<ChangeLine>,
    open: Vec<Told>,
    notes: Vec<Note>,
}

#[derive(Serialize)]
struct ChangeLine {
    change: &'static str,
    operation: String,
}

#[derive(Serialize)]
struct Whole<'a> {
    packages: Vec<Report<'a>>,
}

pub(super) fn json(
    nexts: &[Next<'_>],
    wrote: bool,
    kinds: &Kinds,
    out: &mut impl Write,
) -> Result<(), Failure> {
    let packages = nexts
        .iter()
        .map(|next| Report {
            package: &next.package.name,
            lock: next.path.display().to_string(),
            revision: next.update.lock.revision(),
            up_to_date: !next.is_outdated() && next.update.open.is_empty(),
            written: wrote && next.is_outdated(),
            changes: next
                .update
                .written
                .iter()
                .map(|written| ChangeLine {
                    change: match written {
                        Written::Added(_) => "added",
                        Written::Retired(_) => "retired",
                        Written::Aliased(_) => "aliased",
                        Written::Restored(_) => "restored",
                        Written::Refreshed(_) => "refreshed",
                        Written::Reset(_) => "reset",
                    },
                    operation: line(written).2,
                })
                .collect(),
            open: next
                .update
                .open
                .iter()
                .map(|open| told(next, open))
                .collect(),
            notes: notes(next, kinds),
        })
        .collect();
    print_json(&Whole { packages }, out)
}
