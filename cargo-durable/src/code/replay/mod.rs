//! `cargo durable replay`
//!
//! A workflow is a function of the package, so the package replays: it is compiled with a test beside each workflow, and the tests are given a list of files.

mod report;
mod sources;

use std::env;
use std::fs;
use std::io::{IsTerminal as _, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use durable_lock::REPLAY_TESTS;
use indicatif::{ProgressBar, ProgressStyle};

use self::report::Line;
use self::sources::Source;
use super::CodeFailure;
use super::manifests::{self, Package, gather};
use crate::cli::Format;
use crate::cli::code::Replay;
use crate::failure::Failure;

pub(crate) fn run(replay: &Replay, out: &mut impl Write) -> Result<(), Failure> {
    let packages = gather(&replay.packages)?;
    let workflows = workflows(&packages)?;
    let folder = tempfile::tempdir().map_err(|error| CodeFailure::Write {
        path: env::temp_dir(),
        error,
    })?;
    let sources = sources::find(replay, &workflows, folder.path())?;
    let found = replayed(replay, &packages, &sources, folder.path())?;
    let lines = report::beside(&sources, found);
    match replay.format {
        Format::Json => report::json(&lines, out)?,
        Format::Text => report::text(&lines, out)?,
    }
    if lines.iter().any(|line| !line.fits()) {
        return Err(CodeFailure::DoesNotFit.into());
    }
    Ok(())
}

/// The names of the workflows.
fn workflows(packages: &[Package]) -> Result<Vec<String>, CodeFailure> {
    let mut names = Vec::new();
    for package in packages {
        for (name, manifest) in package.workflows()? {
            if manifest.workflow().is_some() {
                names.push(name.to_owned());
            }
        }
    }
    match names.is_empty() {
        true => Err(CodeFailure::NoWorkflows),
        false => Ok(names),
    }
}

/// Lets the packages' tests replay the histories.
fn replayed(
    replay: &Replay,
    packages: &[Package],
    sources: &[Source],
    folder: &Path,
) -> Result<Vec<Line>, CodeFailure> {
    let (list, report) = (folder.join("list"), folder.join("report"));
    let text: String = sources
        .iter()
        .map(|source| format!("{}\t{}\n", source.workflow, source.file.display()))
        .collect();
    fs::write(&list, text).map_err(|error| CodeFailure::Write {
        path: list.clone(),
        error,
    })?;
    let mut command = test(replay, packages);
    command
        .env("DURABLE_REPLAY_LIST", &list)
        .env("DURABLE_REPLAY_REPORT", &report);
    let child = command.spawn().map_err(|error| CodeFailure::NoCargo {
        cargo: manifests::cargo(),
        error,
    })?;
    let succeeded = watched(child, &report, sources.len());
    // Where no test ran there is none.
    let text = fs::read_to_string(&report).unwrap_or_default();
    if !succeeded && text.lines().count() < sources.len() {
        return Err(CodeFailure::ReplayTest);
    }
    Ok(text
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect())
}

/// `cargo test` of the libraries and binaries, of nothing but the replays.
fn test(replay: &Replay, packages: &[Package]) -> Command {
    let mut command = Command::new(manifests::cargo());
    command.arg("test").env(REPLAY_TESTS, "1");
    if packages.iter().any(|package| package.has_library) {
        command.arg("--lib");
    }
    if packages.iter().any(|package| package.has_binary) {
        command.arg("--bins");
    }
    manifests::select(&mut command, &replay.packages);
    command
        .args(["--quiet", "--", "__durable_replay_", "--nocapture"])
        // What the harness prints about its tests is nothing that anybody asked for.
        .stdout(Stdio::null());
    command
}

/// Waits for the tests, and shows how far they are. Returns whether they ran.
fn watched(mut child: Child, report: &Path, count: usize) -> bool {
    let bar = match std::io::stderr().is_terminal() {
        true => ProgressBar::new(u64::try_from(count).unwrap_or(u64::MAX)),
        false => ProgressBar::hidden(),
    };
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} histories, {eta} left");
    if let Ok(style) = style {
        bar.set_style(style);
    }
    let mut seen = 0;
    loop {
        let ended = child.try_wait();
        let done =
            fs::read(report).map_or(0, |text| text.iter().filter(|byte| **byte == b'\n').count());
        if done > seen {
            seen = done;
            bar.set_position(u64::try_from(seen).unwrap_or(u64::MAX));
        }
        match ended {
            Ok(None) => thread::sleep(Duration::from_millis(100)),
            Ok(Some(status)) => {
                bar.finish_and_clear();
                return status.success();
            }
            Err(_) => return false,
        }
    }
}
