//! Where the sources of the measured crates are on this machine.

use std::path::{Path, PathBuf};
use std::process::Command;

/// One crate of the workspace's lock file.
pub(super) struct Source {
    pub(super) name: &'static str,
    pub(super) version: String,
    pub(super) root: PathBuf,
}

/// The sources of these crates, as Cargo has them.
///
/// Cargo is asked, and not the registry's folder searched: it knows of vendored crates and of a registry elsewhere.
pub(super) fn find(names: &[&'static str]) -> Vec<Source> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR"));
    let asked = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["metadata", "--format-version", "1", "--offline", "--locked"])
        .args(["--filter-platform", "host-tuple"])
        .current_dir(workspace)
        .output()
        .expect("cargo runs, which has started this test");
    assert!(
        asked.status.success(),
        "Cargo doesn't have the sources of all crates of Cargo.lock: run `cargo fetch --locked` once.\n{}",
        String::from_utf8_lossy(&asked.stderr)
    );
    let metadata = String::from_utf8(asked.stdout).expect("JSON is UTF-8");
    names
        .iter()
        .map(|name| {
            let (version, root) = package(&metadata, name).unwrap_or_else(|| {
                panic!("{name} is no longer in Cargo.lock: take it off the list of crates")
            });
            assert!(
                root.join("Cargo.toml").is_file(),
                "{} is gone: run `cargo fetch --locked`",
                root.display()
            );
            Source {
                name,
                version,
                root,
            }
        })
        .collect()
}

/// A package's version and folder, out of Cargo's answer. Two fields of a known form take no parser for JSON.
fn package(metadata: &str, name: &str) -> Option<(String, PathBuf)> {
    let start = format!("{{\"name\":\"{name}\",\"version\":\"");
    let (_, rest) = metadata.split_once(&start)?;
    let (version, rest) = rest.split_once('"')?;
    let (_, rest) = rest.split_once("\"manifest_path\":\"")?;
    let (manifest, _) = rest.split_once('"')?;
    let manifest = PathBuf::from(manifest.replace("\\\\", "\\"));
    Some((version.to_owned(), manifest.parent()?.to_owned()))
}

/// Every Rust file below `folder`, in a fixed order.
pub(super) fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let entries = std::fs::read_dir(folder).expect("the crate's folder can be read");
    for entry in entries {
        let path = entry.expect("the entry can be read").path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|end| end == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}
