//! `docs/guarantees.md` and `docs/security.md` name tests that exist.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, in its helpers too"
)]

use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// What stands between backticks in the last column of the tables.
fn named(page: &str) -> Vec<String> {
    let mut all = Vec::new();
    for line in page.lines().filter(|line| line.starts_with("| ")) {
        let last = line.trim_end_matches(" |").rsplit(" | ").next().unwrap();
        all.extend(last.split('`').skip(1).step_by(2).map(str::to_owned));
    }
    all
}

/// All text under a folder.
fn sources(folder: &Path, text: &mut String) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, text);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            text.push_str(&fs::read_to_string(path).unwrap());
        }
    }
}

#[test]
fn every_test_that_the_guarantees_name_is_there() {
    let root = root();
    let page = fs::read_to_string(root.join("docs/guarantees.md")).unwrap();
    let mut text = String::new();
    for package in [
        "durable-engine",
        "durable-runtime",
        "examples",
        "cargo-durable",
    ] {
        sources(&root.join(package).join("src"), &mut text);
        sources(&root.join(package).join("tests"), &mut text);
    }
    let names = named(&page);
    assert!(names.len() > 30, "{names:?}");
    for name in names {
        let is_path = name.contains('/') || name.ends_with(".rs");
        let found = if is_path {
            [
                "",
                "durable-engine",
                "durable-engine/src",
                "durable-engine/tests",
            ]
            .iter()
            .any(|folder| root.join(folder).join(&name).exists())
        } else if let Some(start) = name.strip_suffix('…') {
            text.contains(&format!("fn {start}"))
        } else if name.starts_with("cargo ") {
            true
        } else {
            let last = name.rsplit("::").next().unwrap();
            text.contains(&format!("fn {last}"))
        };
        assert!(found, "docs/guarantees.md names `{name}`, which is nowhere");
    }
}

#[test]
fn every_test_that_the_security_page_names_is_there() {
    let root = root();
    let page = fs::read_to_string(root.join("docs/security.md")).unwrap();
    let names: Vec<_> = named(&page)
        .into_iter()
        .filter(|name| name.ends_with(".rs") || name.ends_with('/'))
        .collect();
    assert!(names.len() > 10, "{names:?}");
    for name in names {
        let there = ["", "durable-engine/tests/server"]
            .iter()
            .any(|folder| root.join(folder).join(&name).exists());
        assert!(there, "docs/security.md names `{name}`, which is nowhere");
    }
}
