//! Compiles the packages, and gathers what the macros write down meanwhile.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use cargo_metadata::{Metadata, MetadataCommand};
use durable_lock::MANIFEST_DIR;
use durable_lock::manifest::Manifest;

use super::CodeFailure;
use crate::cli::code::Packages;

/// A package, and the functions in it that a macro of ours expanded.
#[derive(Debug)]
pub(crate) struct Package {
    pub(crate) name: String,
    /// The folder of its Cargo.toml.
    pub(crate) dir: PathBuf,
    /// The names by which its code refers to other crates.
    pub(crate) dependencies: Vec<String>,
    pub(crate) has_library: bool,
    pub(crate) has_binary: bool,
    /// The files that its library and binaries start from.
    pub(crate) roots: Vec<PathBuf>,
    /// One for each function, sorted by place.
    pub(crate) manifests: Vec<Manifest>,
}

impl Package {
    /// Its workflows, by name.
    ///
    /// # Errors
    /// When two have one name.
    pub(crate) fn workflows(&self) -> Result<BTreeMap<&str, &Manifest>, CodeFailure> {
        let mut found: BTreeMap<&str, &Manifest> = BTreeMap::new();
        for manifest in &self.manifests {
            let Some(name) = manifest.path() else {
                continue;
            };
            if let Some(other) = found.insert(name, manifest) {
                return Err(CodeFailure::TwoWorkflows {
                    package: self.name.clone(),
                    name: name.to_owned(),
                    first: place(other),
                    second: place(manifest),
                });
            }
        }
        Ok(found)
    }
}

/// `src/main.rs:14`.
pub(crate) fn place(manifest: &Manifest) -> String {
    format!("{}:{}", manifest.file, manifest.line)
}

/// Compiles what was asked for.
///
/// # Errors
/// When it does not compile, or what the macros wrote can't be read.
pub(crate) fn gather(packages: &Packages) -> Result<Vec<Package>, CodeFailure> {
    let metadata = metadata(packages)?;
    let folder = tempfile::tempdir().map_err(|error| CodeFailure::Write {
        path: env::temp_dir(),
        error,
    })?;
    check(packages, folder.path())?;
    let mut manifests = read(folder.path())?;
    let selected = selected(packages, &metadata)?;
    Ok(selected
        .into_iter()
        .map(|package| {
            let dir = package
                .manifest_path
                .parent()
                .map(|dir| dir.as_std_path().to_owned())
                .unwrap_or_default();
            let is_code = |target: &&cargo_metadata::Target| !target.is_custom_build();
            let has = |kind: fn(&cargo_metadata::Target) -> bool| package.targets.iter().any(kind);
            Package {
                dependencies: package
                    .dependencies
                    .iter()
                    .map(|found| {
                        found
                            .rename
                            .as_ref()
                            .unwrap_or(&found.name)
                            .replace('-', "_")
                    })
                    .collect(),
                has_library: has(cargo_metadata::Target::is_lib),
                has_binary: has(cargo_metadata::Target::is_bin),
                name: package.name.to_string(),
                manifests: manifests.remove(&dir).unwrap_or_default(),
                roots: package
                    .targets
                    .iter()
                    .filter(is_code)
                    .map(|target| target.src_path.as_std_path().to_owned())
                    .collect(),
                dir,
            }
        })
        .collect())
}

fn metadata(packages: &Packages) -> Result<Metadata, CodeFailure> {
    let mut command = MetadataCommand::new();
    command.no_deps();
    if let Some(path) = &packages.manifest_path {
        command.manifest_path(path);
    }
    Ok(command.exec()?)
}

/// The packages that were asked for, or those that Cargo takes by itself.
fn selected<'a>(
    packages: &Packages,
    metadata: &'a Metadata,
) -> Result<Vec<&'a cargo_metadata::Package>, CodeFailure> {
    let all = metadata.workspace_packages();
    if packages.workspace {
        return Ok(all);
    }
    if packages.package.is_empty() {
        let here = packages.manifest_path.clone().or_else(|| {
            let dir = env::current_dir().ok()?;
            dir.ancestors()
                .map(|dir| dir.join("Cargo.toml"))
                .find(|file| file.exists())
        });
        let here = here.and_then(|file| fs::canonicalize(file).ok());
        let root = fs::canonicalize(metadata.workspace_root.join("Cargo.toml")).ok();
        let own = all.iter().find(|package| {
            fs::canonicalize(&package.manifest_path).ok() == here && here.is_some()
        });
        // In the workspace's own folder Cargo takes its default members, whether it is a package or not.
        return Ok(match own.filter(|_| here != root) {
            Some(own) => vec![*own],
            None => metadata.workspace_default_packages(),
        });
    }
    packages
        .package
        .iter()
        .map(|name| {
            let found = all.iter().find(|package| *package.name == *name);
            found.copied().ok_or_else(|| CodeFailure::NoPackage {
                name: name.clone(),
                known: all.iter().map(|package| package.name.to_string()).collect(),
            })
        })
        .collect()
}

/// Lets Cargo check the packages, with its own progress and its own errors.
fn check(packages: &Packages, folder: &Path) -> Result<(), CodeFailure> {
    let cargo = cargo();
    let mut command = Command::new(&cargo);
    command.arg("check").env(MANIFEST_DIR, folder);
    // What the compiler says goes to standard error, and so does what Cargo says of its work.
    command.stdout(Stdio::null());
    select(&mut command, packages);
    let status = command.status().map_err(|error| CodeFailure::NoCargo {
        cargo: cargo.clone(),
        error,
    })?;
    match status.success() {
        true => Ok(()),
        false => Err(CodeFailure::Compile),
    }
}

/// The Cargo that this was called by, or the one of the path.
pub(crate) fn cargo() -> String {
    env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned())
}

/// Tells Cargo which packages, and how.
pub(crate) fn select(command: &mut Command, packages: &Packages) {
    for name in &packages.package {
        command.args(["--package", name]);
    }
    for features in &packages.features {
        command.args(["--features", features]);
    }
    let switches = [
        ("--workspace", packages.workspace),
        ("--all-features", packages.all_features),
        ("--no-default-features", packages.no_default_features),
    ];
    for (switch, is_on) in switches {
        if is_on {
            command.arg(switch);
        }
    }
    let paths = [
        ("--manifest-path", &packages.manifest_path),
        ("--target-dir", &packages.target_dir),
    ];
    for (option, path) in paths {
        if let Some(path) = path {
            command.arg(option).arg(path);
        }
    }
}

/// The manifests in a folder, by the folder of their package.
fn read(folder: &Path) -> Result<BTreeMap<PathBuf, Vec<Manifest>>, CodeFailure> {
    let fail = |path: &Path, error| CodeFailure::Read {
        path: path.to_owned(),
        error,
    };
    let mut found: BTreeMap<PathBuf, Vec<Manifest>> = BTreeMap::new();
    for file in fs::read_dir(folder).map_err(|error| fail(folder, error))? {
        let path = file.map_err(|error| fail(folder, error))?.path();
        let text = fs::read_to_string(&path).map_err(|error| fail(&path, error))?;
        let manifest = Manifest::parse(&text).map_err(|reason| CodeFailure::Manifest {
            path: path.clone(),
            reason,
        })?;
        found
            .entry(manifest.package_dir.clone())
            .or_default()
            .push(manifest);
    }
    for manifests in found.values_mut() {
        manifests
            .sort_by(|a, b| (&a.file, a.line, &a.function).cmp(&(&b.file, b.line, &b.function)));
        // A module that a library and a binary share is compiled twice, and so is a file with several targets.
        manifests.dedup_by(|a, b| {
            (&a.file, a.line, &a.function, a.path()) == (&b.file, b.line, &b.function, b.path())
        });
    }
    Ok(found)
}
