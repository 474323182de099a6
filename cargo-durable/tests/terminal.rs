//! Nothing that is in a database reaches the terminal as something that it obeys.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, its helpers too"
)]

use std::path::Path;
use std::process::Command;

use durable_engine::Engine;
use durable_runtime::prelude::*;

/// Clears the screen, sets the title, asks for an answer, colours by a C1 control, turns the text around, rings.
const HOSTILE: &str =
    "\u{1b}[2J\u{1b}]0;owned\u{7}\u{1b}[6n\u{9b}31m\u{202e}txt.exe\u{2066}\u{85}\u{7f}\rOK";

#[step(retry = none)]
async fn refuse(text: &str) -> Result<String> {
    Err(Error::msg(text.to_owned()))
}

#[durable_workflow]
async fn repeat(text: String) -> Result<String> {
    match refuse(&text).await {
        Ok(never) => Ok(never),
        Err(error) if text.is_empty() => Err(error),
        Err(_) => Ok(text),
    }
}

#[durable_workflow]
async fn fail(text: String) -> Result<String> {
    refuse(&text).await
}

/// What it prints on a terminal with colours.
fn printed(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_cargo-durable"))
        .args(arguments)
        .env("CLICOLOR_FORCE", "1")
        .output()
        .unwrap();
    String::from_utf8([output.stdout, output.stderr].concat()).unwrap()
}

fn assert_harmless(text: &str) {
    // What is left when our own colours are taken out.
    let mut rest = String::new();
    let mut parts = text.split("\u{1b}[");
    rest += parts.next().unwrap();
    for part in parts {
        let (code, after) = part.split_once('m').unwrap_or_else(|| panic!("{text:?}"));
        assert!(
            code.bytes()
                .all(|byte| byte.is_ascii_digit() || byte == b';'),
            "{text:?}"
        );
        rest += after;
    }
    let active = |c: char| c != '\n' && c.is_control() || ('\u{202a}'..='\u{2069}').contains(&c);
    assert!(!rest.contains(active), "{text:?}");
}

async fn database(path: &Path) {
    let engine = Engine::open(path).unwrap().register(repeat).register(fail);
    let engine = engine.start().await.unwrap();
    let run = engine.start(repeat, HOSTILE.to_owned()).id("repeats");
    assert_eq!(run.await.unwrap().result().await.unwrap(), HOSTILE);
    let run = engine.start(fail, HOSTILE.to_owned()).id("fails");
    run.await.unwrap().result().await.unwrap_err();
    engine.shutdown().await;
}

#[tokio::test]
async fn control_characters_are_shown_and_not_obeyed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hostile.db");
    database(&path).await;
    let db = path.to_str().unwrap();
    for execution in ["repeats", "fails"] {
        for command in ["show", "history"] {
            let text = printed(&[command, "--db", db, execution]);
            assert_harmless(&text);
            assert!(text.contains(r"\u{202e}txt.exe"), "{text:?}");
            let json = printed(&[command, "--db", db, execution, "--format", "json"]);
            assert_harmless(&json);
            assert!(json.contains(r"\u202e"), "{json:?}");
        }
    }
    let unknown = printed(&["show", "--db", db, HOSTILE]);
    assert_harmless(&unknown);
    assert!(
        unknown.contains("there is no execution") && unknown.contains(r"\u{1b}[2J"),
        "{unknown:?}"
    );
}

/// A file that somebody sends may have what no engine would have put there.
#[tokio::test]
async fn names_in_a_file_of_somebody_else_are_no_different() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hostile.db");
    database(&path).await;
    let connection = rusqlite::Connection::open(&path).unwrap();
    let changed = connection.execute(
        "UPDATE executions SET name = name || ?1, workflow = workflow || ?1",
        [HOSTILE],
    );
    assert_eq!(changed.unwrap(), 2);
    drop(connection);
    let db = path.to_str().unwrap();
    let name = format!("fails{HOSTILE}");
    for arguments in [
        &["list"][..],
        &["show", &name],
        &["list", "--format", "json"],
    ] {
        let text = printed(&[arguments, &["--db", db]].concat());
        assert_harmless(&text);
        assert!(text.contains("owned"), "{text:?}");
    }
    let quoted = printed(&["list", "--db", db, "--workflow", "x' OR '1'='1"]);
    assert_eq!(quoted, "no execution fits\n");
}
