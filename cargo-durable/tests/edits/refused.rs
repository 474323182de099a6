//! Edits that executions in flight would notice: they do not compile, and the message stands at the operation and offers the way out.

use super::package::{OLD, Package};

/// The edited package does not compile: one error of this rule, at the line with this text, which says this.
#[track_caller]
fn refused(code: &str, rule: &str, at: &str, words: &str) {
    let package = Package::locked();
    package.edit(code);
    let found = package.check();
    assert!(!found.succeeded, "it compiles: {}", found.said);
    let said = &found.said;
    assert_eq!(
        said.matches("\nerror").count() + usize::from(said.starts_with("error")),
        2,
        "one error and the summary: {said}"
    );
    assert!(said.contains(&format!("[{rule}]")), "{said}");
    assert!(said.contains(words), "{said}");
    assert!(
        said.lines()
            .any(|line| line.contains(at) && line.contains('|')),
        "{said}"
    );
}

#[test]
fn a_rename() {
    refused(
        &OLD.replace("= ship(", "= ship_it(").replace(
            "#[durable_workflow]",
            "use ship as ship_it;\n#[durable_workflow]",
        ),
        "DW102",
        "ship_it(&receipt)",
        "put `#[id(\"ship\")]` on the statement",
    );
}

#[test]
fn a_removal() {
    refused(
        &OLD.replace("stamp().await?", "8"),
        "DW101",
        "async fn fulfil",
        "cargo durable lock --accept fulfil/stamp",
    );
}

#[test]
fn a_second_call_with_the_same_key() {
    refused(
        &OLD.replace("let receipt", "charge(1).await?;\n    let receipt"),
        "DW016",
        "charge(cents)",
        ".named(\"..\")",
    );
}

#[test]
fn a_step_that_becomes_a_sleep() {
    refused(
        &OLD.replace(
            "stamp().await?",
            "{ sleep(Duration::from_secs(1)).named(\"stamp\").await; 8 }",
        ),
        "DW103",
        "sleep(Duration::from_secs(1))",
        "`stamp` is locked as a step, and this is a sleep",
    );
}

#[test]
fn a_step_that_becomes_a_workflow_of_the_same_name() {
    let code = OLD.replace("= stamp()", "= other::stamp()");
    refused(
        &format!(
            "mod other {{ use super::*; #[durable_workflow] pub async fn stamp() -> Result<u32> {{ Ok(8) }} }}\n{code}"
        ),
        "DW103",
        "other::stamp()",
        "the lock file has a `durable_runtime::locked::Step` here, and this is a `durable_runtime::locked::Child`",
    );
}

#[test]
fn a_move_into_a_join() {
    refused(
        &OLD.replace(
            "let number = stamp().await?;",
            "let (number, _) = try_join!(stamp(), notify())?;",
        ),
        "DW104",
        "stamp(), notify()",
        "this is inside `try_join.stamp`",
    );
}

#[test]
fn a_move_into_a_map() {
    refused(
        &OLD.replace(
            "stamp().await?",
            "map(&[1], |_| async move { stamp().await }).await?[0]",
        ),
        "DW104",
        "stamp()",
        "this is inside `map`",
    );
}

#[test]
fn a_move_into_a_child() {
    refused(
        &OLD.replace(
            "stamp().await?",
            "child(\"inner\", || async { stamp().await }).await?",
        ),
        "DW104",
        "stamp()",
        "this is inside `inner`",
    );
}

#[test]
fn an_identity_that_was_retired() {
    let package = Package::locked();
    package.edit(&OLD.replace("stamp().await?", "8"));
    package.lock(&["--accept"]).well();
    package.edit(OLD);
    let found = package.check();
    assert!(found.said.contains("[DW105]"), "{}", found.said);
    assert!(found.said.contains("#[id(\"stamp-2\")]"), "{}", found.said);
    // It is the removed one, back again.
    package.lock(&["--accept", "fulfil/stamp"]).well();
    package.check().well();
}

#[test]
fn what_the_message_offers_compiles() {
    for (edit, way_out) in [
        (
            "let (number, _) = try_join!(stamp(), notify())?;",
            "let (number, _) = try_join!(stamp().named(\"stamp-2\"), notify())?;",
        ),
        (
            "sleep(Duration::from_secs(1)).named(\"stamp\").await; let number = 8;",
            "#[id(\"stamp-2\")]\n    sleep(Duration::from_secs(1)).await; let number = 8;",
        ),
    ] {
        let package = Package::locked();
        package.edit(&OLD.replace("let number = stamp().await?;", edit));
        assert!(package.check().said.contains("stamp-2"));
        package.edit(&OLD.replace("let number = stamp().await?;", way_out));
        package.lock(&["--retire", "fulfil/stamp"]).well();
        package.check().well();
    }
}

#[test]
fn a_lock_file_that_cannot_be_used() {
    let package = Package::locked();
    let good = package.lock_file();
    let line = good.lines().nth(1).unwrap();
    for (text, rule, words) in [
        (
            "nonsense\n".to_owned(),
            "DW106",
            "line 1 of the lock file can't be read",
        ),
        (
            good.replace("\"durable.lock\":1", "\"durable.lock\":2"),
            "DW107",
            "version 2",
        ),
        (format!("{good}<<<<<<< HEAD\n"), "DW108", "a merge left"),
        (
            format!("{good}{}\n", line.replace("step", "sleep")),
            "DW108",
            "than line 2",
        ),
        (
            good.replace(
                "\"callee\":\"charge\"",
                "\"callee\":\"charge\",\"as\":\"ship\"",
            ),
            "DW109",
            "an operation of its own",
        ),
    ] {
        std::fs::write(package.path("durable.lock"), &text).unwrap();
        let found = package.check();
        assert!(!found.succeeded, "{text} is taken");
        assert_eq!(
            found.said.matches(&format!("[{rule}]")).count(),
            1,
            "{}",
            found.said
        );
        assert!(found.said.contains(words), "{}", found.said);
        // The tool says the same, and leaves the file alone.
        let tool = package.lock(&[]);
        assert_eq!(tool.code, Some(2), "{}", tool.said);
        assert!(tool.said.contains(rule), "{}", tool.said);
        assert_eq!(package.lock_file(), text);
    }
    std::fs::write(package.path("durable.lock"), good).unwrap();
    package.check().well();
}
