//! What it doesn't serve, and what it says instead.

use crate::support::{folder, output};

fn refusal(arguments: &[&str], config: Option<&str>) -> String {
    let folder = folder();
    if let Some(config) = config {
        std::fs::write(folder.path().join("functions.toml"), config).unwrap();
    }
    let ended = output(folder.path(), &[&["serve"], arguments].concat());
    assert_eq!(ended.status.code(), Some(2), "{ended:?}");
    String::from_utf8(ended.stderr).unwrap()
}

#[test]
fn a_missing_configuration() {
    let said = refusal(&["--config", "nowhere.toml"], None);
    assert!(
        said.contains("nowhere.toml") && said.contains("serve --help"),
        "{said}"
    );
}

#[test]
fn a_mistake_in_it() {
    let said = refusal(
        &[],
        Some("[[function]]\nname = \"a\"\ncommand = \"./a\"\ntimeout = \"soon\"\n"),
    );
    assert!(said.contains("functions.toml:4:11: "), "{said}");
    assert!(said.contains("| timeout = \"soon\""), "{said}");
}

#[test]
fn an_address_that_others_reach() {
    let said = refusal(&["--in-memory", "--listen", "0.0.0.0:0"], None);
    assert!(said.contains("0.0.0.0"), "{said}");
    assert!(said.contains("--allow-remote"), "{said}");
}

#[test]
fn an_address_that_is_taken_or_none() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = taken.local_addr().unwrap().to_string();
    for address in [&*taken, "nonsense"] {
        let said = refusal(&["--in-memory", "--listen", address], None);
        assert!(
            said.contains(address) && said.contains("--listen"),
            "{said}"
        );
    }
}

#[test]
fn a_database_and_none() {
    let said = refusal(&["--in-memory", "--db", "x.db"], None);
    assert!(said.contains("cannot be used with"), "{said}");
}

#[test]
fn the_help_teaches_the_configuration() {
    let folder = folder();
    let help = output(folder.path(), &["serve", "--help"]);
    let help = String::from_utf8(help.stdout).unwrap();
    for part in [
        "[[function]]",
        "durable = {",
        "tenant_isolation",
        "not a sandbox",
    ] {
        assert!(help.contains(part), "{part}\n{help}");
    }
}
