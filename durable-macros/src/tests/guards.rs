//! What is held across an operation (DW024).

use super::{contains, in_file};

/// A workflow that takes a guard and does something, in a file that begins with `head`.
fn under(head: &str, statements: &str) -> String {
    in_file(&format!(
        "use durable_runtime::prelude::*;\n{head}\nasync fn w(input: Input) -> Result<()> {{ {statements} }}"
    ))
    .text()
}

/// How often it warns.
fn count(head: &str, statements: &str) -> usize {
    let text = under(head, statements);
    ["locked(", "open_file("]
        .iter()
        .map(|item| text.matches(&format!("::warning::{item}")).count())
        .sum()
}

#[track_caller]
fn fires(head: &str, statements: &str) {
    assert_eq!(count(head, statements), 1, "{head} {statements}");
}

#[track_caller]
fn silent(head: &str, statements: &str) {
    assert_eq!(count(head, statements), 0, "{head} {statements}");
}

const ALLOWED: &str = "#[allow_durable(DW012, reason = \"a test's\")]";

#[test]
fn the_warning_stands_in_front_of_what_it_is_about() {
    contains(
        &under(
            "",
            "before(); #[cfg(unix)] #[allow(deprecated)] #[rustfmt::skip] let mut guard = (input.lock.try_lock())?; charge().await?; Ok(())",
        ),
        &["before();
           #[cfg(unix)] #[allow(deprecated)]
           if false { ::durable_runtime::warning::locked(&input.lock, |lock| lock.guard()); }
           #[cfg(unix)] #[allow(deprecated)] #[rustfmt::skip] let mut guard = (input.lock.try_lock())?;"],
    );
    contains(
        &under(
            "",
            &format!("{ALLOWED} let dir = tempfile::tempdir()?; charge().await?; Ok(())"),
        ),
        &["const _: () = ::durable_runtime::warning::open_file();
           let dir = tempfile::tempdir()?;"],
    );
}

#[test]
fn locks_are_shown_to_the_compiler() {
    for taken in [
        "let g = lock.try_lock()?;",
        "let g = lock.try_lock().unwrap();",
        "let g = (lock.try_lock().expect(\"free\"));",
        "let g = lock.try_lock().map_err(|_| Busy)?;",
        "let g: Guard = lock.try_write().unwrap();",
        "let Ok(mut g) = lock.try_read() else { return Ok(()) };",
        "let Some(g) = lock.try_lock().ok() else { return Ok(()) };",
        "let g = lock.blocking_write();",
        "let g = input.locks.all.try_lock();",
        "let g = (*input.lock).try_lock()?;",
        "let g = input.lock.clone().try_lock_owned()?;",
        "let g = LOCK.try_acquire()?;",
    ] {
        fires("", &format!("{taken} charge().await"));
    }
}

#[test]
fn what_is_no_guard_or_can_not_be_looked_at_twice_is_silent() {
    for taken in [
        "let g = lock.lock();",
        "let g = lock.read();",
        "let g = lock.try_lock(1)?;",
        "let g = lock.try_lock().is_ok();",
        "let g = *lock.try_lock()?;",
        "let g = f(lock).try_lock()?;",
        "let g = locks[f()].try_lock()?;",
        "let _ = lock.try_lock()?;",
        "let (g, h) = lock.try_lock()?;",
        "let Err(busy) = lock.try_lock() else { return Ok(()) };",
        "let None = lock.try_lock().ok() else { return Ok(()) };",
        "let g = Vec::new();",
        "lock.try_lock()?;",
    ] {
        silent("", &format!("{taken} charge().await"));
    }
}

#[test]
fn files_are_known_by_their_names() {
    for (head, taken) in [
        ("", "tempfile::tempdir()?"),
        ("", "::tempfile::NamedTempFile::new().unwrap()"),
        ("", "std::fs::File::open(path)?"),
        ("", "std::fs::File::options().read(true).open(path)?"),
        ("", "tempfile::Builder::new().prefix(\"a\").tempdir()?"),
        ("use tempfile::{TempDir as Dir};", "Dir::new()?"),
        ("use tempfile as t;", "t::tempfile()?"),
        ("use std::fs::File as F;", "F::create(path)?"),
        (
            "use std::fs;",
            "fs::OpenOptions::new().write(true).open(path)?",
        ),
        ("use crate::*;", "TempDir::new()?"),
    ] {
        fires(head, &format!("{ALLOWED} let it = {taken}; charge().await"));
    }
    fires("", "let dir = tempfile::tempdir_in(path)?; charge().await");
}

#[test]
fn a_file_of_the_users_own_that_sounds_alike_is_silent() {
    for (head, taken) in [
        ("mod tempfile {}", "tempfile::tempdir()?"),
        ("fn tempdir() -> Dir { Dir }", "tempdir()?"),
        ("struct TempDir;", "TempDir::new()?"),
        ("use crate::store::File;", "File::open(path)?"),
        ("use crate::*;", "File::open(path)?"),
        ("use crate::shop::Builder;", "Builder::new().open()?"),
        ("use std::fs::File;", "File::from(handle)"),
    ] {
        silent(head, &format!("let it = {taken}; charge().await"));
    }
}

#[test]
fn it_counts_whether_an_operation_comes_before_the_end() {
    let held = |later: &str| format!("let g = lock.try_lock()?; {later}");
    for later in [
        "charge().await?; drop(g);",
        "if *g { charge().await?; }",
        "for x in g.iter() { charge(x).await?; }",
        "join!(charge(), ship());",
        "let text = format!(\"{}\", charge().await);",
        "use_it(&g); g.touch(); g.count += 1; g[0]; *g = 1; charge().await?",
        "let later = async { drop(g) }; later.await",
        "{ charge().await? }; Ok(())",
    ] {
        fires("", &held(later));
    }
    for later in [
        "drop(g); charge().await?",
        "std::mem::drop(g); charge().await?",
        "keep(g); charge().await?",
        "let other = g; charge().await?",
        "Ok(Both { g, n })",
        "g.close()?; charge().await?",
        "let g = g.unwrap(); charge().await?",
        "if late { drop(g); } charge().await?",
        "charge_with(g).await?",
        "let later = async { charge().await }; drop(g); later.await",
        "let later = || charge(); drop(g); later().await",
        "step(\"a\", || async { work().await });",
        "async fn other() { work().await }",
        "*g",
        "",
    ] {
        silent("", &held(later));
    }
    silent("", "charge().await?; let g = lock.try_lock()?; *g");
    silent("", "{ let g = lock.try_lock()?; } charge().await?");
    silent(
        "",
        "let n = { let g = lock.try_lock()?; *g }; charge().await?",
    );
}

#[test]
fn every_block_of_the_workflow_counts() {
    let held = "let g = lock.try_lock()?; charge().await?;";
    fires("", &format!("if late {{ {held} }}"));
    fires("", &format!("for x in list {{ {held} }}"));
    fires(
        "",
        &format!("child(\"a\", || async move {{ {held} }}).await"),
    );
    silent("", &format!("step(\"a\", || async {{ {held} }}).await"));
    assert_eq!(
        count(
            "",
            "let g = lock.try_lock()?; let h = other.try_read()?; charge().await"
        ),
        2
    );
}
