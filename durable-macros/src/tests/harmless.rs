//! What has the name of something that a rule is about, or stands beside it, and can be replayed all the same.

use super::reports;
use super::rules::{fires, silent};

#[test]
fn descriptions_of_files_touch_none() {
    let head = "use std::fs::{self, File, Permissions}; use std::os::unix::fs::PermissionsExt;";
    for harmless in [
        "Permissions::from_mode(0o600);",
        "std::fs::Permissions::from_mode(0o600);",
        "tokio::fs::FileTimes::new();",
        "tokio::fs::File::from_std(file);",
        "File::from(handle);",
        "fs::TryLockError::WouldBlock;",
        "getrandom::Error::UNEXPECTED;",
        "reqwest::blocking::Body::from(text);",
    ] {
        silent(head, harmless);
    }
    fires(
        "DW012",
        head,
        "fs::set_permissions(path, Permissions::from_mode(0o600));",
    );
}

#[test]
fn what_is_only_made_is_harmless_until_something_is_done_with_it() {
    for (rule, made, done) in [
        ("DW012", "std::fs::OpenOptions::new()", "open(path)"),
        ("DW012", "tokio::fs::File::options()", "open(path)"),
        ("DW012", "std::fs::DirBuilder::new()", "create(path)"),
        (
            "DW012",
            "tokio::net::unix::pipe::OpenOptions::new()",
            "open_sender(path)",
        ),
        ("DW012", "tokio::process::Command::new(name)", "output()"),
        ("DW012", "reqwest::Client::new()", "get(url).send()"),
        (
            "DW012",
            "reqwest::blocking::Client::builder()",
            "get(url).send()",
        ),
        ("DW007", "tokio::task::LocalSet::new()", "spawn_local(work)"),
        ("DW007", "tokio::runtime::Handle::current()", "spawn(work)"),
        ("DW007", "std::thread::Builder::new()", "spawn(work)"),
        ("DW019", "std::io::stdout()", "write_all(text)"),
    ] {
        silent("", &format!("let it = {made}; format!(\"{{it:?}}\");"));
        silent(
            "",
            &format!("let it = {made}; step(\"a\", || async {{ it.{done} }}).await?;"),
        );
        fires(rule, "", &format!("let it = {made}; it.{done};"));
        fires(rule, "", &format!("{made}.{done};"));
    }
}

#[test]
fn whatever_is_named_in_a_macro_that_nobody_can_look_into_may_be_called() {
    fires(
        "DW012",
        "",
        "let it = std::process::Command::new(name); assert_ok!(it.status());",
    );
    fires(
        "DW019",
        "",
        "let mut out = std::io::stdout(); writeln!(out, \"x\");",
    );
    let beside = super::body(
        "let it = std::process::Command::new(name); tokio::select! { _ = it.status() => {} }",
    );
    reports(
        &beside,
        &[
            ("DW012", "`std::process::Command::new`"),
            ("DW008", "`tokio::select!`"),
        ],
    );
}

#[test]
fn a_rule_is_allowed_where_the_thing_is_made() {
    silent(
        "",
        "#[allow_durable(DW012, reason = \"a local tool\")] let it = std::process::Command::new(name); it.status();",
    );
}

#[test]
fn a_generator_that_is_passed_gives_what_follows_from_it() {
    let head = "use rand::{Rng, random};";
    silent(
        head,
        "let x: u8 = Rng::random(&mut seeded); rand::Rng::random_range(&mut seeded, 0..9);",
    );
    fires("DW005", head, "let x: u8 = random();");
    fires("DW005", head, "rand::prelude::random::<u8>();");
}

#[test]
fn a_cell_of_tokio_is_a_cell_too() {
    fires(
        "DW013",
        "static CELL: SetOnce<u8> = SetOnce::const_new();",
        "CELL.set(1);",
    );
}
