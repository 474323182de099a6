//! Edits that executions in flight don't notice.

use super::package::{OLD, Package};

const SHIPPED: &str = "result: shipped against receipt for 500, number 7\n";

/// Resumes the execution under this code, which compiles; the steps have done this by then.
#[track_caller]
fn goes_on(package: &Package, result: &str, ledger: &[&str]) {
    assert_eq!(package.resume(), result);
    assert_eq!(package.ledger(), ledger);
}

#[test]
fn reformatting_and_moving_is_safe() {
    let package = Package::in_flight();
    package.edit(
        r#"
        use elsewhere::fulfil;

        mod elsewhere {
            use super::*;

            // It moved, and reads differently.
            #[durable_workflow]
            pub async fn fulfil(amount: u32) -> Result<String> {
                let paid = { charge(amount).await? };
                let tag = stamp().await?;
                hold().await?;
                let shipped = ship(&paid).await?;

                Ok(format!("{shipped}, number {tag}"))
            }
        }
        "#,
    );
    assert_eq!(package.lock(&["--check"]).code, Some(0));
    goes_on(&package, SHIPPED, &["charge", "stamp", "ship"]);
}

#[test]
fn reordering_what_is_independent_is_safe() {
    let package = Package::in_flight();
    package.edit(
        r#"
        #[durable_workflow]
        async fn fulfil(cents: u32) -> Result<String> {
            let number = stamp().await?;
            let receipt = charge(cents).await?;
            hold().await?;
            let shipped = ship(&receipt).await?;
            Ok(format!("{shipped}, number {number}"))
        }
        "#,
    );
    assert_eq!(package.lock(&["--check"]).code, Some(0));
    goes_on(&package, SHIPPED, &["charge", "stamp", "ship"]);
}

#[test]
fn moving_into_an_if_is_safe() {
    let package = Package::in_flight();
    package.edit(
        r#"
        #[durable_workflow]
        async fn fulfil(cents: u32) -> Result<String> {
            let receipt = if cents > 0 { charge(cents).await? } else { String::new() };
            let number = match cents { 0 => 0, _ => stamp().await? };
            hold().await?;
            let shipped = ship(&receipt).await?;
            Ok(format!("{shipped}, number {number}"))
        }
        "#,
    );
    assert_eq!(package.lock(&["--check"]).code, Some(0));
    goes_on(&package, SHIPPED, &["charge", "stamp", "ship"]);
}

#[test]
fn a_new_operation_runs_late() {
    let package = Package::in_flight();
    package.edit(&OLD.replace("let number", "notify().await?;\n    let number"));
    // It compiles as it is; the lock file is out of date, and is brought up to date without a question.
    let check = package.lock(&["--check"]);
    assert_eq!(check.code, Some(1), "{}", check.said);
    assert!(check.said.contains("fulfil/notify"), "{}", check.said);
    package.lock(&[]).well();
    goes_on(&package, SHIPPED, &["charge", "stamp", "notify", "ship"]);
}

#[test]
fn a_removed_operation_is_retired_and_its_record_skipped() {
    let package = Package::in_flight();
    package.edit(&OLD.replace("stamp().await?", "8"));
    let asked = package.lock(&[]);
    assert_eq!(asked.code, Some(1), "{}", asked.said);
    assert!(asked.said.contains("[DW101]"), "{}", asked.said);
    assert!(asked.said.contains("nothing was written"), "{}", asked.said);
    package.lock(&["--accept", "fulfil/stamp"]).well();
    goes_on(
        &package,
        "result: shipped against receipt for 500, number 8\n",
        &["charge", "stamp", "ship"],
    );
}

const RENAMED: &str = r#"
#[step]
async fn charge_card(cents: u32) -> Result<String> {
    did("charge_card");
    Ok(format!("card receipt for {cents}"))
}
"#;

#[test]
fn a_rename_with_the_old_id_is_safe() {
    let package = Package::in_flight();
    let code = OLD.replace(
        "let receipt = charge(",
        "#[id(\"charge\")]\n    let receipt = charge_card(",
    );
    package.edit(&format!("{RENAMED}{code}"));
    goes_on(&package, SHIPPED, &["charge", "stamp", "ship"]);
}

#[test]
fn a_rename_with_an_alias_in_the_lock_file_is_safe() {
    let package = Package::in_flight();
    package.edit(&format!(
        "{RENAMED}{}",
        OLD.replace("= charge(", "= charge_card(")
    ));
    assert!(package.check().said.contains("[DW102]"));
    package.lock(&["--accept"]).well();
    assert!(package.lock_file().contains("\"as\":\"charge_card\""));
    goes_on(&package, SHIPPED, &["charge", "stamp", "ship"]);
}

#[test]
fn a_second_call_with_a_name_is_safe() {
    let package = Package::in_flight();
    package.edit(&OLD.replace(
        "let receipt",
        "charge(1).named(\"fee\").await?;\n    let receipt",
    ));
    goes_on(&package, SHIPPED, &["charge", "stamp", "charge", "ship"]);
}

#[test]
fn a_result_that_no_longer_decodes_is_said_clearly() {
    let package = Package::in_flight();
    package.edit(&format!(
        "#[step(name = \"charge\")]\nasync fn charge_list(cents: u32) -> Result<Vec<u32>> {{ Ok(vec![cents]) }}\n{}",
        OLD.replace("charge(cents).await?", "charge_list(cents).named(\"charge\").await?[0].to_string()")
    ));
    let said = package.resume();
    assert!(said.starts_with("failed: "), "{said}");
    assert!(
        said.contains("`charge`") && said.contains("receipt for 500"),
        "{said}"
    );
}
