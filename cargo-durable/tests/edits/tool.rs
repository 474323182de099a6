//! The tool itself: what it prints, how it ends, and what it leaves alone.

use serde_json::Value;

use super::package::{OLD, Package};

#[test]
fn the_first_lock_is_watched_by_cargo_from_then_on() {
    let package = Package::new(OLD);
    package.check().well();
    let said = package.lock(&[]).well();
    assert!(said.contains("revision 1"), "{said}");
    assert!(said.contains("fulfil/charge"), "{said}");
    // Nothing but the lock file differs from what Cargo has compiled.
    std::fs::write(package.path("durable.lock"), "nonsense").unwrap();
    assert!(package.check().said.contains("[DW106]"));
}

#[test]
fn without_a_lock_file_everything_compiles_and_the_check_fails() {
    let package = Package::new(OLD);
    package.check().well();
    let check = package.lock(&["--check"]);
    assert_eq!(check.code, Some(1));
    assert!(check.said.contains("out of date"), "{}", check.said);
    assert!(!package.path("durable.lock").exists());
}

#[test]
fn a_workflow_that_is_gone_is_found_by_the_check() {
    let package = Package::locked();
    package.edit(&OLD.replace(
        "#[durable_workflow]",
        "#[durable_workflow(name = \"fulfill\")]",
    ));
    // The macro can't see what isn't there.
    package.check().well();
    let check = package.lock(&["--check"]);
    assert_eq!(check.code, Some(1), "{}", check.said);
    assert!(
        check.said.contains("`name = \"fulfil\"` in its attribute"),
        "{}",
        check.said
    );
    package.lock(&["--accept", "fulfil"]).well();
    assert_eq!(package.lock(&["--check"]).code, Some(0));
}

#[test]
fn json_says_the_same() {
    let package = Package::locked();
    package.edit(&OLD.replace("stamp().await?", "8"));
    let done = package.lock(&["--format", "json"]);
    assert_eq!(done.code, Some(1));
    let json: Value =
        serde_json::Deserializer::from_str(&done.said[done.said.find('{').unwrap()..])
            .into_iter()
            .next()
            .unwrap()
            .unwrap();
    let report = &json["packages"][0];
    let name = report["package"].as_str().unwrap();
    assert!(name.starts_with("tool-json_says_the_same"), "{name}");
    assert_eq!(report["open"][0]["rule"], "DW101");
    assert_eq!(report["open"][0]["operation"], "fulfil/stamp");
    assert_eq!(report["written"], false);
}

#[test]
fn a_slip_on_the_command_line_is_said() {
    let package = Package::locked();
    let done = package.lock(&["--accept", "fulfil/chrage"]);
    assert_eq!(done.code, Some(2), "{}", done.said);
    assert!(done.said.contains("`fulfil/chrage`"), "{}", done.said);
    let done = package.lock(&["-p", "other"]);
    assert_eq!(done.code, Some(2), "{}", done.said);
    assert!(
        done.said.contains("no package `other`") || done.said.contains("other"),
        "{}",
        done.said
    );
}

#[test]
fn code_that_does_not_compile_leaves_the_file_alone() {
    let package = Package::locked();
    let before = package.lock_file();
    package.edit(&OLD.replace("ship(&receipt)", "shipp(&receipt)"));
    let done = package.lock(&["--accept"]);
    assert_eq!(done.code, Some(2), "{}", done.said);
    assert!(done.said.contains("does not compile"), "{}", done.said);
    assert_eq!(package.lock_file(), before);
}

#[test]
fn two_workflows_of_one_name_are_refused() {
    let package = Package::new(&format!(
        "{OLD}\nmod other {{ use super::*; #[durable_workflow] pub async fn fulfil() -> Result<u32> {{ stamp().await }} }}"
    ));
    let done = package.lock(&[]);
    assert_eq!(done.code, Some(2), "{}", done.said);
    assert!(
        done.said.contains("two workflows with the name `fulfil`"),
        "{}",
        done.said
    );
}

#[test]
fn a_loop_that_counts_is_noted() {
    let package = Package::new(&OLD.replace(
        "hold().await?;",
        "hold().await?;\n    for _ in 0..2 { notify().await?; }",
    ));
    let said = package.lock(&[]).well();
    assert!(
        said.contains("note: fulfil/notify") && said.contains("[DW017]"),
        "{said}"
    );
    package.edit(&OLD.replace(
        "hold().await?;",
        "hold().await?;\n    for i in 0..2 { notify().keyed(i).await?; }",
    ));
    let done = package.lock(&["--reset", "fulfil"]).well();
    assert!(!done.contains("DW017"), "{done}");
}

#[test]
fn exceptions_are_listed_with_their_reasons() {
    let package = Package::new(&OLD.replace(
        "hold().await?;",
        "hold().await?;\n    #[allow_durable(DW019, reason = \"it is for whoever watches\")]\n    println!(\"held\");",
    ));
    let said = package.durable(&["audit"]).well();
    assert!(
        said.contains("DW019") && said.contains("it is for whoever watches"),
        "{said}"
    );
    assert!(
        said.contains("1 exception in 6 durable functions"),
        "{said}"
    );
    let json = package.durable(&["audit", "--format", "json"]).well();
    assert!(
        json.contains("\"reason\": \"it is for whoever watches\""),
        "{json}"
    );
}

#[test]
fn a_workflow_is_drawn() {
    let package = Package::new(OLD);
    let svg = package.durable(&["graph", "fulfil"]);
    assert!(
        svg.said.contains("<svg") && svg.said.contains("charge"),
        "{}",
        svg.said
    );
    let mermaid = package.durable(&["graph", "--as", "mermaid"]);
    assert!(mermaid.said.contains("flowchart"), "{}", mermaid.said);
    package
        .durable(&["graph", "--as", "dot", "--out-dir", "pictures"])
        .well();
    let dot = std::fs::read_to_string(package.path("pictures/fulfil.dot")).unwrap();
    assert!(dot.starts_with("digraph"), "{dot}");
    let done = package.durable(&["graph", "fulfill"]);
    assert_eq!(done.code, Some(1), "{}", done.said);
    assert!(done.said.contains("there is `fulfil`"), "{}", done.said);
}
