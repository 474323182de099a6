//! Where histories come from: files, folders, an engine's database, and the service.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use durable_engine::store::{ListFilter, SqliteReader};
use serde_json::json;

use crate::cli::code::Replay;
use crate::cli::{self, Which};
use crate::code::CodeFailure;
use crate::failure::Failure;
use crate::find;

/// One history to replay.
#[derive(Debug)]
pub(super) struct Source {
    /// What whoever asked calls it.
    pub(super) name: String,
    pub(super) workflow: String,
    pub(super) file: PathBuf,
}

/// Everything that was asked for. What is no file yet is put into `folder`.
pub(super) fn find(
    replay: &Replay,
    workflows: &[String],
    folder: &Path,
) -> Result<Vec<Source>, Failure> {
    if let Some(name) = &replay.workflow
        && !workflows.contains(name)
    {
        return Err(CodeFailure::NoWorkflow {
            name: name.clone(),
            known: workflows.to_vec(),
        }
        .into());
    }
    let found = match &replay.db {
        Some(db) => from_database(replay, db, workflows, folder)?,
        None => from_files(replay, workflows, folder)?,
    };
    if found.is_empty() {
        return Err(CodeFailure::NoHistories.into());
    }
    Ok(found)
}

fn from_files(
    replay: &Replay,
    workflows: &[String],
    folder: &Path,
) -> Result<Vec<Source>, CodeFailure> {
    let workflow = match (&replay.workflow, workflows) {
        (Some(name), _) => name,
        (None, [only]) => only,
        (None, several) => return Err(CodeFailure::WhichWorkflow(several.to_vec())),
    };
    let mut found = Vec::new();
    for name in &replay.histories {
        if name.starts_with("arn:") {
            found.push(Source {
                name: name.clone(),
                workflow: workflow.clone(),
                file: fetched(name, folder, found.len())?,
            });
            continue;
        }
        for file in files(Path::new(name))? {
            found.push(Source {
                name: file.display().to_string(),
                workflow: workflow.clone(),
                file,
            });
        }
    }
    Ok(found)
}

/// The file, or the `.json` files in the folder, sorted.
fn files(path: &Path) -> Result<Vec<PathBuf>, CodeFailure> {
    let fail = |error| CodeFailure::Read {
        path: path.to_owned(),
        error,
    };
    // The tests run elsewhere.
    let path = fs::canonicalize(path).map_err(fail)?;
    if !path.is_dir() {
        return Ok(vec![path]);
    }
    let mut files = Vec::new();
    for entry in fs::read_dir(&path).map_err(fail)? {
        let file = entry.map_err(fail)?.path();
        if file.extension().is_some_and(|ending| ending == "json") {
            files.push(file);
        }
    }
    files.sort();
    Ok(files)
}

/// The history of an execution on AWS, which AWS's own command line fetches: it knows how to find credentials, and how to turn pages.
fn fetched(arn: &str, folder: &Path, number: usize) -> Result<PathBuf, CodeFailure> {
    let output = Command::new("aws")
        .args(["lambda", "get-durable-execution-history"])
        .args(["--durable-execution-arn", arn, "--include-execution-data"])
        .args(["--output", "json"])
        .output()
        .map_err(CodeFailure::NoAws)?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(CodeFailure::Aws(said.trim().to_owned()));
    }
    let file = folder.join(format!("fetched-{number}.json"));
    fs::write(&file, output.stdout).map_err(|error| CodeFailure::Write {
        path: file.clone(),
        error,
    })?;
    Ok(file)
}

/// The executions that were named, or all of this package's workflows.
fn from_database(
    replay: &Replay,
    db: &Path,
    workflows: &[String],
    folder: &Path,
) -> Result<Vec<Source>, Failure> {
    let mut found = Vec::new();
    let mut add = |reader: &SqliteReader, arn: &str, workflow: &str, name: String| {
        let events = reader.history(arn)?;
        let file = folder.join(format!("execution-{}.json", found.len()));
        let text = json!({ "Events": events }).to_string();
        fs::write(&file, text).map_err(|error| CodeFailure::Write {
            path: file.clone(),
            error,
        })?;
        found.push(Source {
            name,
            workflow: workflow.to_owned(),
            file,
        });
        Ok::<(), Failure>(())
    };
    if replay.histories.is_empty() {
        let reader = SqliteReader::open(db)?;
        let filter = ListFilter {
            workflow: replay.workflow.clone(),
            limit: usize::MAX,
            ..ListFilter::default()
        };
        for execution in reader.list(&filter)? {
            if workflows.iter().any(|name| *name == *execution.workflow) {
                let name = format!("{}/{}", execution.workflow, execution.name);
                add(&reader, &execution.arn, &execution.workflow, name)?;
            }
        }
    }
    for execution in &replay.histories {
        let source = cli::Source {
            db: db.to_owned(),
            format: replay.format,
        };
        let which = Which {
            execution: execution.clone(),
            workflow: replay.workflow.clone(),
        };
        let (reader, loaded) = find::execution(&source, &which)?;
        let record = &loaded.record;
        add(&reader, &record.arn, &record.workflow, execution.clone())?;
    }
    Ok(found)
}
