//! `cargo durable lock`

mod ask;
mod report;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use durable_lock::LOCK_FILE;
use durable_lock::lock::Lock as LockFile;
use durable_lock::manifest::Manifest;
use durable_lock::update::{Decisions, Open, Update, update};

use super::CodeFailure;
use super::manifests::{Package, gather};
use super::resolve::Kinds;
use crate::cli::Format;
use crate::cli::code::Lock;
use crate::failure::Failure;

/// What is to be written for one package.
struct Next<'a> {
    package: &'a Package,
    path: PathBuf,
    /// The file's text, where there is one.
    old: Option<String>,
    workflows: BTreeMap<&'a str, &'a Manifest>,
    update: Update,
}

impl Next<'_> {
    /// Whether the file is not what it should be.
    fn is_outdated(&self) -> bool {
        match &self.old {
            // A package without workflows needs no file.
            None => self.update.lock.entries().next().is_some(),
            // However its lines are sorted and end.
            Some(old) => LockFile::parse(old).as_ref() != Ok(&self.update.lock),
        }
    }
}

pub(crate) fn run(lock: &Lock, out: &mut impl Write) -> Result<(), Failure> {
    let packages = gather(&lock.packages)?;
    let kinds = Kinds::of(&packages);
    let mut decisions = decisions(lock);
    let mut nexts = all(&packages, &kinds, &decisions)?;
    refuse_unknown(lock, &nexts)?;
    if !lock.check && ask::can_ask(lock) {
        let open = nexts.iter().flat_map(|next| &next.update.open);
        if ask::decide(open, &mut decisions)? {
            nexts = all(&packages, &kinds, &decisions)?;
        }
    }
    refuse_alive(lock, &nexts)?;
    let undecided = nexts.iter().any(|next| !next.update.open.is_empty());
    let outdated = nexts.iter().any(Next::is_outdated);
    let writes = !lock.check && !undecided;
    if writes {
        for next in nexts.iter().filter(|next| next.is_outdated()) {
            write(next)?;
        }
    }
    match lock.format {
        Format::Json => report::json(&nexts, writes, &kinds, out)?,
        Format::Text => report::text(&nexts, writes, &kinds, out)?,
    }
    if undecided {
        return Err(CodeFailure::Undecided.into());
    }
    if lock.check && outdated {
        return Err(CodeFailure::OutOfDate.into());
    }
    if packages.iter().all(|package| package.manifests.is_empty()) && !outdated {
        return Err(CodeFailure::NoWorkflows.into());
    }
    Ok(())
}

fn decisions(lock: &Lock) -> Decisions {
    let accept = lock.accept.clone();
    Decisions {
        accept_all: accept.as_ref().is_some_and(Vec::is_empty),
        accept: accept.into_iter().flatten().collect(),
        retire: lock.retire.iter().cloned().collect(),
        reset: lock.reset.iter().cloned().collect(),
    }
}

fn all<'a>(
    packages: &'a [Package],
    kinds: &Kinds,
    decisions: &Decisions,
) -> Result<Vec<Next<'a>>, CodeFailure> {
    packages
        .iter()
        .map(|package| next(package, kinds, decisions))
        .collect()
}

fn next<'a>(
    package: &'a Package,
    kinds: &Kinds,
    decisions: &Decisions,
) -> Result<Next<'a>, CodeFailure> {
    let path = package.dir.join(LOCK_FILE);
    let old = match fs::read_to_string(&path) {
        Ok(text) => Some(text),
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(error) => return Err(CodeFailure::Read { path, error }),
    };
    let known =
        LockFile::parse(old.as_deref().unwrap_or_default()).map_err(|error| CodeFailure::Lock {
            path: path.clone(),
            error,
        })?;
    let workflows = package.workflows()?;
    let code: Vec<_> = workflows
        .iter()
        .map(|(name, manifest)| kinds.workflow(name, manifest))
        .collect();
    Ok(Next {
        package,
        update: update(&known, &code, decisions),
        path,
        old,
        workflows,
    })
}

/// A name on the command line that means nothing is a slip, and nobody would notice that nothing was done.
fn refuse_unknown(lock: &Lock, nexts: &[Next<'_>]) -> Result<(), CodeFailure> {
    let paths: Vec<String> = nexts
        .iter()
        .flat_map(|next| next.old.as_deref().map(LockFile::parse))
        .flatten()
        .flat_map(|lock| {
            let entries: Vec<_> = lock
                .entries()
                .flat_map(|entry| [entry.path(), entry.workflow.clone()])
                .collect();
            entries
        })
        .collect();
    let named = lock
        .accept
        .iter()
        .flatten()
        .chain(&lock.retire)
        .chain(&lock.reset);
    for name in named {
        if !paths.contains(name) {
            return Err(CodeFailure::NothingOfThatName(format!("`{name}`")));
        }
    }
    Ok(())
}

/// What is to be retired and is still in the code would be forgotten silently.
fn refuse_alive(lock: &Lock, nexts: &[Next<'_>]) -> Result<(), CodeFailure> {
    for name in &lock.retire {
        let mut entries = nexts.iter().flat_map(|next| next.update.lock.entries());
        if entries.any(|entry| entry.path() == *name && entry.is_live()) {
            return Err(CodeFailure::StillThere(name.clone()));
        }
    }
    Ok(())
}

/// Writes the file as a whole: whoever reads it meanwhile sees the old one or the new one.
fn write(next: &Next<'_>) -> Result<(), CodeFailure> {
    let path = &next.path;
    let fail = |error| CodeFailure::Write {
        path: path.clone(),
        error,
    };
    let mut file = tempfile::NamedTempFile::new_in(&next.package.dir).map_err(fail)?;
    file.write_all(next.update.lock.to_text().as_bytes())
        .map_err(fail)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        // A temporary file is its owner's only; this one is everybody's who builds the package.
        let mode = fs::metadata(path).map_or(0o644, |old| old.permissions().mode());
        let permissions = fs::Permissions::from_mode(mode);
        file.as_file().set_permissions(permissions).map_err(fail)?;
    }
    file.persist(path).map_err(|error| fail(error.error))?;
    if next.old.is_none() {
        // What was compiled without the file does not watch it yet.
        next.package.roots.iter().for_each(|root| touch(root));
    }
    Ok(())
}

/// Makes Cargo compile a file again. Where it can't be touched, whatever compiles next finds the lock file all the same.
fn touch(path: &Path) {
    if let Ok(file) = File::options().append(true).open(path) {
        let _ = file.set_modified(SystemTime::now());
    }
}

/// The path that `--accept` takes for what is open.
fn path_of(open: &Open) -> String {
    match open {
        Open::Operation { problem, .. } => problem.change.entry().path(),
        Open::Workflow { name, .. } => name.clone(),
    }
}
