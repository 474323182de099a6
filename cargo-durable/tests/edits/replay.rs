//! `cargo durable replay`: histories of a real package against its code as it is now.

use std::fs;

use serde_json::Value;

use super::package::{OLD, Package};

#[test]
fn what_the_database_has_fits_the_code_that_wrote_it() {
    let package = Package::in_flight();
    let said = package.durable(&["replay", "--db", "fulfil.db"]).well();
    assert!(
        said.contains("fits fulfil/order-1; next would be step `hold` (src/main.rs:"),
        "{said}"
    );
    // Nothing ran.
    assert_eq!(package.ledger(), ["charge", "stamp"]);
}

#[test]
fn an_edit_that_strands_it_is_found_before_it_ships() {
    let package = Package::in_flight();
    fs::remove_file(package.path("durable.lock")).unwrap();
    package.edit(&OLD.replace("stamp().await?", "8"));
    let done = package.durable(&["replay", "--db", "fulfil.db", "order-1"]);
    assert_eq!(done.code, Some(1), "{}", done.said);
    for part in [
        "diverged order-1",
        "`stamp`",
        "no longer in the code",
        "`hold` at src/main.rs:",
    ] {
        assert!(done.said.contains(part), "{part}: {}", done.said);
    }

    package.edit(&OLD.replace("charge(cents).await?", "charge_list(cents).named(\"charge\").await?.remove(0)").replace(
        "#[durable_workflow]",
        "#[step]\nasync fn charge_list(_cents: u32) -> Result<Vec<String>> { Ok(Vec::new()) }\n#[durable_workflow]",
    ));
    let done = package.durable(&["replay", "--db", "fulfil.db", "--format", "json"]);
    assert_eq!(done.code, Some(1), "{}", done.said);
    let start = done.said.find('{').unwrap();
    let json: Value = serde_json::Deserializer::from_str(&done.said[start..])
        .into_iter()
        .next()
        .unwrap()
        .unwrap();
    let found = &json["histories"][0];
    assert_eq!(found["verdict"], "undecodable");
    let detail = found["detail"].as_str().unwrap();
    assert!(
        detail.contains("recorded was `\"receipt for 500\"`") && detail.contains("src/main.rs:"),
        "{detail}"
    );
}

#[test]
fn files_and_folders_are_replayed_and_nonsense_is_named() {
    let package = Package::in_flight();
    let history = package
        .durable(&[
            "history",
            "--db",
            "fulfil.db",
            "order-1",
            "--format",
            "json",
        ])
        .well();
    let folder = package.path("histories");
    fs::create_dir(&folder).unwrap();
    for number in 0..10_000 {
        fs::write(folder.join(format!("{number}.json")), &history).unwrap();
    }
    let said = package.durable(&["replay", "histories"]).well();
    assert!(said.contains("10000 histories: 10000 fits"), "{said}");
    fs::write(folder.join("bad.json"), "nonsense").unwrap();
    let done = package.durable(&["replay", "histories", "--workflow", "fulfil"]);
    assert_eq!(done.code, Some(1), "{}", done.said);
    for part in [
        "unreadable",
        "bad.json",
        "10001 histories: 10000 fits, 1 unreadable",
    ] {
        assert!(done.said.contains(part), "{part}: {}", done.said);
    }
}

#[test]
fn what_is_not_there_is_said() {
    let package = Package::in_flight();
    for (arguments, code, told) in [
        (&["replay"][..], 2, "HISTORY"),
        (&["replay", "nowhere.json"], 2, "nowhere.json"),
        (&["replay", "src"], 2, "there is no history there"),
        (
            &["replay", "src", "--workflow", "fulfill"],
            1,
            "there is no workflow `fulfill`; there is `fulfil`",
        ),
        (
            &["replay", "--db", "fulfil.db", "order-9"],
            1,
            "there is no execution `order-9`",
        ),
    ] {
        let done = package.durable(arguments);
        assert_eq!(done.code, Some(code), "{arguments:?}: {}", done.said);
        assert!(done.said.contains(told), "{told}: {}", done.said);
    }
}

/// A stand-in for AWS's command line, which is asked for the whole history with its data.
#[cfg(unix)]
#[test]
fn an_arn_is_fetched_with_the_command_line_of_aws() {
    use std::os::unix::fs::PermissionsExt as _;

    let package = Package::in_flight();
    let history = package
        .durable(&[
            "history",
            "--db",
            "fulfil.db",
            "order-1",
            "--format",
            "json",
        ])
        .well();
    fs::write(package.path("answer.json"), history).unwrap();
    let bin = package.path("bin");
    fs::create_dir(&bin).unwrap();
    let script = format!(
        "#!/bin/sh\n[ \"$*\" = 'lambda get-durable-execution-history --durable-execution-arn arn:aws:x --include-execution-data --output json' ] || {{ echo \"unexpected: $*\" >&2; exit 3; }}\ncat {}\n",
        package.path("answer.json").display()
    );
    fs::write(bin.join("aws"), script).unwrap();
    fs::set_permissions(bin.join("aws"), fs::Permissions::from_mode(0o755)).unwrap();
    let said = package
        .durable_with_path(&["replay", "arn:aws:x"], &bin)
        .well();
    assert!(said.contains("fits arn:aws:x"), "{said}");
    let done = package.durable_with_path(&["replay", "arn:aws:other"], &bin);
    assert_eq!(done.code, Some(2), "{}", done.said);
    assert!(
        done.said
            .contains("AWS has not given the history: unexpected: lambda"),
        "{}",
        done.said
    );
}
