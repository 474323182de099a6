//! The pages about the lock file show what the code says, and the file that they show is one.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, its helpers too"
)]

use std::fs;
use std::path::Path;

use durable_lock::Kind;
use durable_lock::compare::{Change, Place};
use durable_lock::lock::{Entry, Lock, LockError};

/// A file of the workspace.
fn file(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[track_caller]
fn says(path: &str, words: &str) {
    assert!(
        file(path).contains(words),
        "{path} does not say what the code says: {words}"
    );
}

#[track_caller]
fn page_says(rule: &str, words: &str) {
    says(&format!("docs/diagnostics/{rule}.md"), words);
}

fn entry(key: &str) -> Entry {
    Entry {
        workflow: "fulfil".into(),
        key: key.into(),
        kind: Kind::Step,
        callee: key.into(),
        scope: String::new(),
        keyed: false,
        flat: false,
        mixed: false,
        alias: None,
        since: 1,
        retired: None,
    }
}

fn place(key: &str) -> Place {
    Place {
        key: key.into(),
        kind: Kind::Step,
        callee: key.into(),
        scope: String::new(),
        keyed: false,
        flat: false,
        in_branch: false,
        labelled: false,
    }
}

/// As the compiler prints it.
fn message(what: &str, rule: &str, help: &str) -> String {
    format!("error: {what} [{rule}]\n         = help: {help}\n")
}

#[track_caller]
fn page_shows(change: &Change, in_branch: bool) {
    let rule = change.rule();
    page_says(
        rule,
        &message(&change.to_string(), rule, &change.help(in_branch)),
    );
}

#[test]
fn the_pages_about_edits_show_the_messages() {
    page_shows(&Change::Vanished(entry("stamp")), false);
    page_shows(&Change::Renamed(entry("charge")), false);
    page_shows(&Change::Kind(entry("stamp"), Kind::Sleep), false);
    let moved = Place {
        scope: "try_join.stamp".into(),
        ..place("stamp")
    };
    page_shows(&Change::Moved(entry("stamp"), moved), true);
    let retired = Entry {
        retired: Some(2),
        ..entry("stamp")
    };
    page_shows(&Change::Reused(retired), false);
    let renamed = Entry {
        alias: Some("charge_card".into()),
        ..entry("charge")
    };
    page_shows(&Change::Ambiguous(renamed), false);
}

#[test]
fn the_page_about_moves_shows_the_other_two() {
    let keyed = Place {
        keyed: true,
        ..place("bill")
    };
    let flat = Place {
        flat: true,
        ..place("audit")
    };
    for place in [keyed, flat] {
        let change = Change::Moved(entry(&place.key), place);
        page_says("DW104", &format!("error: {change} [DW104]\n"));
    }
}

#[track_caller]
fn page_shows_error(text: &str) -> LockError {
    let error = Lock::parse(text).unwrap_err();
    page_says(
        error.rule(),
        &message(&error.to_string(), error.rule(), error.help()),
    );
    error
}

#[test]
fn the_pages_about_the_file_show_the_messages() {
    let line = |entry: &Entry| serde_json::to_string(entry).unwrap() + "\n";
    let retired = Entry {
        retired: Some(2),
        ..entry("stamp")
    };
    let both = line(&entry("stamp")) + &line(&retired);
    let aliased = Entry {
        alias: Some("ship".into()),
        ..entry("charge")
    };
    let header = "{\"durable.lock\":1}\n";

    let unreadable = page_shows_error("nonsense\n");
    let newer = page_shows_error("{\"durable.lock\":2}\n");
    let conflict = page_shows_error(&format!("{header}{both}"));
    page_says("DW108", &both);
    let alias = page_shows_error(&format!(
        "{header}{}{}",
        line(&aliased),
        line(&entry("ship"))
    ));
    let rules = [unreadable, newer, conflict, alias].map(|error| error.rule());
    assert_eq!(rules, ["DW106", "DW107", "DW108", "DW109"]);

    let lines = line(&entry("charge")) + &line(&entry("ship"));
    let left = format!("{header}{lines}<<<<<<< HEAD\n");
    let error = Lock::parse(&left).unwrap_err();
    page_says("DW108", &format!("error: {error} [DW108]\n"));
}

/// The string literal in the source of another crate that begins like this, as it is when it runs.
#[track_caller]
fn literal(path: &str, begins: &str) -> String {
    let source = file(path);
    let start = source
        .find(&format!("\"{begins}"))
        .unwrap_or_else(|| panic!("{path} has no text that begins with: {begins}"));
    let mut characters = source[start + 1..].chars();
    let mut text = String::new();
    while let Some(character) = characters.next() {
        match character {
            '"' => break,
            '\\' => text.extend(characters.next()),
            other => text.push(other),
        }
    }
    text
}

#[test]
fn the_page_about_kinds_shows_what_the_compiler_says() {
    let path = "durable-runtime/src/locked.rs";
    let message = literal(path, "the lock file has a")
        .replace("{K}", "durable_runtime::locked::Step")
        .replace("{Self}", "durable_runtime::locked::Child");
    page_says("DW103", &message);
    page_says("DW103", &literal(path, "a running execution has a record"));
    page_says("DW103", &literal(path, "give it an identity"));
}

#[test]
fn the_pages_show_what_the_tool_says() {
    let path = "cargo-durable/src/code/lock/report.rs";
    page_says("DW017", &(literal(path, "in this loop") + " [DW017]\n"));
    page_says("DW101", &literal(path, "this workflow or helper is locked"));
    for begins in ["if it is `{new}` now", "put it back; or"] {
        let help = literal(path, begins)
            .replace("{new}", "fulfill")
            .replace("{name}", "fulfil");
        page_says("DW101", &format!("= help: {help}\n"));
    }
}

#[test]
fn the_readme_shows_a_message() {
    let change = Change::Renamed(entry("charge"));
    says(
        "README.md",
        &message(&change.to_string(), change.rule(), &change.help(false)),
    );
}

#[test]
fn the_file_in_the_docs_is_one_and_every_kind_is_named() {
    let page = file("docs/lock-file.md");
    let start = page.find("{\"durable.lock\":1}\n").unwrap();
    let (text, rest) = page[start..].split_once("```").unwrap();
    assert_eq!(Lock::parse(text).unwrap().to_text(), text);
    for field in ["durable.lock", "workflow", "key", "kind", "callee", "scope"]
        .into_iter()
        .chain(["keyed", "flat", "as", "since", "retired"])
    {
        assert!(text.contains(&format!("\"{field}\":")), "{field}");
        assert!(rest.contains(&format!("\n| `{field}` | ")), "{field}");
    }
    for kind in Kind::ALL {
        assert!(rest.contains(&format!("`{kind}`")), "{kind} is not named");
    }
}

/// They stand in committed files, so another spelling is another version of the format.
#[test]
fn the_names_of_kinds_are_frozen() {
    let names: Vec<_> = Kind::ALL.iter().map(|kind| kind.name()).collect();
    assert_eq!(
        names.join(" "),
        "step sleep callback callback_result wait_for_callback invoke poll map parallel child retry_block helper \
         join try_join race now restart value block operation"
    );
}

#[test]
fn every_rule_has_a_row() {
    for rule in (101..=109).map(|number| format!("DW{number}")) {
        says("docs/diagnostics/README.md", &format!("]({rule}.md) |\n"));
        page_says(&rule, &format!("# {rule}: "));
    }
}
