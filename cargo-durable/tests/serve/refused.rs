//! What it doesn't serve, and what it says instead.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;

use crate::support::{folder, output, tool};

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
    for way in [
        "DURABLE_ACCESS_KEY_ID",
        "DURABLE_BEARER_TOKEN",
        "--credentials",
    ] {
        assert!(said.contains(way), "{way}\n{said}");
    }
}

/// What it says about a file of credentials with this text and mode.
fn file_refusal(text: &str, mode: u32) -> String {
    let folder = folder();
    let file = folder.path().join("credentials.toml");
    std::fs::write(&file, text).unwrap();
    std::fs::set_permissions(&file, Permissions::from_mode(mode)).unwrap();
    let ended = output(
        folder.path(),
        &["serve", "--in-memory", "--credentials", "credentials.toml"],
    );
    assert_eq!(ended.status.code(), Some(2), "{ended:?}");
    String::from_utf8(ended.stderr).unwrap()
}

#[test]
fn credentials_that_others_can_read() {
    let good = "bearer_tokens = [\"0123456789abcdef\"]";
    for mode in [0o644, 0o640, 0o604, 0o660] {
        let said = file_refusal(good, mode);
        assert!(said.contains("chmod 600 credentials.toml"), "{said}");
    }
}

#[test]
fn credentials_that_are_none_and_are_not_repeated() {
    for (text, words) in [
        ("", "has no credentials"),
        (
            "bearer_tokens = [\"s3cret\"]",
            "credentials.toml:1:18: the bearer token has 6 characters",
        ),
        ("bearer_token = \"s3cret\"", "unknown field"),
        ("[[access_key]]\nid = \"A\"", "missing field `secret`"),
        (
            "[[access_key]]\nid = \"A\"\nsecret = \"s3cret 0123456789\"",
            "credentials.toml:3:10: the secret access key has a character",
        ),
        (
            "[[access_key]]\nid = \"a b\"\nsecret = \"s3cret0123456789\"",
            "credentials.toml:2:6: `a b` is no access key id",
        ),
        ("[[access_key]]\nsecret = s3cret", "credentials.toml:2:"),
    ] {
        let said = file_refusal(text, 0o600);
        assert!(said.contains(words), "{words}\n{said}");
        assert!(!said.contains("s3cret"), "{said}");
    }
    let said = refusal(&["--in-memory", "--credentials", "nowhere.toml"], None);
    assert!(
        said.contains("nowhere.toml") && said.contains("serve --help"),
        "{said}"
    );
}

#[test]
fn credentials_in_the_environment_that_are_none() {
    let folder = folder();
    for (variables, words) in [
        (
            &[("DURABLE_ACCESS_KEY_ID", "A")][..],
            "has DURABLE_ACCESS_KEY_ID and not DURABLE_SECRET_ACCESS_KEY",
        ),
        (
            &[("DURABLE_SECRET_ACCESS_KEY", "s3cret0123456789")],
            "and not DURABLE_ACCESS_KEY_ID",
        ),
        (
            &[("DURABLE_BEARER_TOKEN", "")],
            "DURABLE_BEARER_TOKEN: the bearer token has 0 characters",
        ),
        (
            &[
                ("DURABLE_ACCESS_KEY_ID", "A"),
                ("DURABLE_SECRET_ACCESS_KEY", "s3cret"),
            ],
            "DURABLE_SECRET_ACCESS_KEY: the secret access key has 6",
        ),
        (
            &[
                ("DURABLE_ACCESS_KEY_ID", ""),
                ("DURABLE_SECRET_ACCESS_KEY", "s3cret0123456789"),
            ],
            "DURABLE_ACCESS_KEY_ID: `` is no access key id",
        ),
    ] {
        let mut serve = tool(folder.path(), &["serve", "--in-memory"]);
        let ended = serve.envs(variables.iter().copied()).output().unwrap();
        assert_eq!(ended.status.code(), Some(2), "{ended:?}");
        let said = String::from_utf8(ended.stderr).unwrap();
        assert!(
            said.contains(words) && !said.contains("s3cret"),
            "{words}\n{said}"
        );
    }
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
        "DURABLE_SECRET_ACCESS_KEY",
        "bearer_tokens = [",
    ] {
        assert!(help.contains(part), "{part}\n{help}");
    }
}
