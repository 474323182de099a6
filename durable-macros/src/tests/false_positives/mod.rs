//! How often the rules about names are wrong, measured on the async functions of well-known crates.
//!
//! Each hit has been read, and `verdicts.txt` says whether it is right. A hit without a verdict fails the test, and so does a verdict without a hit while
//! the crate is the one that was read. The figures are in `docs/false-positives.md`.

mod corpus;
mod measure;
mod sources;
mod verdicts;

use std::collections::BTreeSet;
use std::path::Path;

use self::measure::{Hit, Measured, measure};
use self::verdicts::{Verdicts, read};

/// A measurement of fewer functions says nothing.
const AT_LEAST: usize = 1_000;

#[test]
fn every_hit_of_a_rule_about_names_has_a_verdict() {
    let verdicts = read(include_str!("verdicts.txt"));
    let sources = sources::find(&verdicts.crates());
    let measured = std::thread::scope(|scope| {
        let crates: Vec<_> = sources
            .iter()
            .map(|source| scope.spawn(|| measure(source)))
            .collect();
        crates
            .into_iter()
            .map(|running| running.join().expect("the crate can be measured"))
            .collect::<Vec<_>>()
    });
    let figures = figures(&measured, &verdicts);
    let functions: usize = measured.iter().map(|found| found.functions).sum();
    assert!(
        functions >= AT_LEAST,
        "{functions} functions are too few\n{figures}"
    );
    for found in &measured {
        assert!(
            found.functions > 0,
            "{} has no async function: where are they now?\n{figures}",
            found.name
        );
        let known = verdicts.of(found.name);
        let new = difference(&found.keys(), &known.keys());
        assert!(
            new.is_empty(),
            "hits in {} {} without a verdict: read each, then mend the rule or add it to verdicts.txt\n{new}\n{figures}",
            found.name,
            found.version
        );
        if found.version == known.version {
            let gone = difference(&known.keys(), &found.keys());
            assert!(
                gone.is_empty(),
                "verdicts for {} that nothing reports any more: a rule has become blind, or the lines are to be deleted\n{gone}\n{figures}",
                found.name
            );
        }
    }
    documented(&measured, &verdicts, &figures);
}

/// The lines of those that are in the first only.
fn difference(these: &BTreeSet<Hit>, those: &BTreeSet<Hit>) -> String {
    let lines = these.difference(those).map(ToString::to_string);
    lines.collect::<Vec<_>>().join("\n")
}

/// The page has these figures, as long as the crates are those that were read.
fn documented(measured: &[Measured], verdicts: &Verdicts, figures: &str) {
    let is_same = |found: &Measured| found.version == verdicts.of(found.name).version;
    if !measured.iter().all(is_same) {
        return;
    }
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/false-positives.md");
    let page = std::fs::read_to_string(page).expect("the page is there");
    for line in figures.lines() {
        assert!(
            page.contains(line),
            "docs/false-positives.md lacks {line}\nof\n{figures}"
        );
    }
}

/// The tables of the page: a line for each crate, and one for each rule.
fn figures(measured: &[Measured], verdicts: &Verdicts) -> String {
    let mut lines = Vec::new();
    let mut total = [0; 3];
    let hits = || {
        measured.iter().flat_map(|found| {
            let known = verdicts.of(found.name);
            found.hits.iter().map(move |hit| (hit, known.is_false(hit)))
        })
    };
    for found in measured {
        let known = verdicts.of(found.name);
        let wrong = found.hits.iter().filter(|hit| known.is_false(hit)).count();
        let row = [found.functions, found.hits.len(), wrong];
        let [functions, all, wrong] = row;
        lines.push(format!(
            "| {} {} | {functions} | {all} | {wrong} |",
            found.name, found.version
        ));
        total.iter_mut().zip(row).for_each(|(sum, of)| *sum += of);
    }
    let [functions, all, wrong] = total;
    lines.push(format!("| all | {functions} | {all} | {wrong} |"));
    let rules: BTreeSet<_> = hits().map(|(hit, _)| &hit.rule).collect();
    for rule in rules {
        let all = hits().filter(|(hit, _)| hit.rule == *rule).count();
        let wrong = hits()
            .filter(|(hit, is_false)| hit.rule == *rule && *is_false)
            .count();
        lines.push(format!("| {rule} | {all} | {} | {wrong} |", all - wrong));
    }
    lines.join("\n")
}
