//! The table of functions, and the files that are made of it.
#![allow(
    clippy::unwrap_used,
    reason = "a test fails by panicking, its helpers too"
)]

use std::collections::BTreeSet;
use std::path::Path;

use conformance::{FUNCTIONS, manifest};

/// Set, the files are written instead of compared.
const WRITE: &str = "CONFORMANCE_WRITE";

fn is_current(file: &str, content: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    if std::env::var_os(WRITE).is_some() {
        std::fs::write(&path, content).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        found == content,
        "{file} isn't what the table says: {WRITE}=1 cargo test -p conformance --test manifest"
    );
}

#[test]
fn the_template_is_current() {
    is_current("template.yaml", &manifest::template());
}

#[test]
fn the_configuration_is_current() {
    is_current("functions.toml", &manifest::functions());
}

#[test]
fn every_function_has_its_own_name() {
    let names: BTreeSet<String> = FUNCTIONS.iter().map(|function| function.name()).collect();
    assert_eq!(names.len(), FUNCTIONS.len());
    for name in names {
        assert!(
            name.chars().all(|letter| letter.is_ascii_alphanumeric()),
            "{name}"
        );
    }
}

#[test]
fn every_requirement_has_one_function() {
    let mut missing: BTreeSet<String> = SUITES
        .iter()
        .flat_map(|(suite, last)| (1..=*last).map(move |n| format!("{suite}-{n}")))
        .collect();
    for id in FUNCTIONS.iter().flat_map(|function| function.ids) {
        assert!(
            missing.remove(*id),
            "{id} is there twice, or isn't in a suite"
        );
    }
    assert_eq!(missing, BTreeSet::new());
}

/// The suites of AWS's requirements, and the last id of each.
const SUITES: [(u32, u32); 10] = [
    (1, 20),
    (2, 5),
    (3, 18),
    (4, 19),
    (5, 16),
    (6, 13),
    (7, 15),
    (8, 22),
    (9, 20),
    (10, 23),
];
