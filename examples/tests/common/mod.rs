//! Running the real programs in a folder of their own.
#![allow(dead_code, reason = "each test file uses its own part")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "these are tests")]

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

/// No child of a test runs for longer.
const PATIENCE: Duration = Duration::from_secs(50);

/// A folder in which programs run.
pub(crate) struct Place {
    folder: TempDir,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, bytes).unwrap();
        path
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_default()
    }

    pub(crate) fn spawn(&self, program: &str, arguments: &[&str]) -> Process {
        Process::start(self.folder.path(), program, arguments)
    }

    pub(crate) fn run(&self, program: &str, arguments: &[&str]) -> Ended {
        self.spawn(program, arguments).end()
    }

    pub(crate) fn fulfilment(&self, arguments: &[&str]) -> Ended {
        self.run(env!("CARGO_BIN_EXE_fulfilment"), arguments)
    }

    pub(crate) fn ledger(&self) -> Vec<Entry> {
        Entry::read(&self.path("fulfilment.ledger"))
    }

    /// The steps of the ledger with their attempts: `charge 2`.
    pub(crate) fn steps(&self) -> Vec<String> {
        self.ledger()
            .iter()
            .map(|entry| format!("{} {}", entry.step, entry.attempt))
            .collect()
    }
}

/// A line of the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) order: String,
    pub(crate) step: String,
    pub(crate) attempt: u32,
    pub(crate) what: String,
}

impl Entry {
    pub(crate) fn read(path: &Path) -> Vec<Self> {
        let text = fs::read_to_string(path).unwrap_or_default();
        assert!(
            text.is_empty() || text.ends_with('\n'),
            "half a line: {text:?}"
        );
        text.lines()
            .map(|line| {
                let fields: Vec<&str> = line.split('\t').collect();
                let [order, step, attempt, what] = fields[..] else {
                    panic!("no ledger line: {line:?}")
                };
                let attempt = attempt.parse().unwrap();
                Self {
                    order: order.to_owned(),
                    step: step.to_owned(),
                    attempt,
                    what: what.to_owned(),
                }
            })
            .collect()
    }
}

/// A running program; killed if the test forgets it.
pub(crate) struct Process {
    child: Child,
    out: tempfile::NamedTempFile,
    err: tempfile::NamedTempFile,
    started: Instant,
}

impl Process {
    fn start(folder: &Path, program: &str, arguments: &[&str]) -> Self {
        // Files, not pipes: nobody has to drain them.
        let [out, err] = [(), ()].map(|()| tempfile::NamedTempFile::new().unwrap());
        let to = |file: &tempfile::NamedTempFile| Stdio::from(File::create(file.path()).unwrap());
        let child = Command::new(program)
            .args(arguments)
            .current_dir(folder)
            .env_remove("CARGO_MANIFEST_DIR")
            .stdin(Stdio::null())
            .stdout(to(&out))
            .stderr(to(&err))
            .spawn()
            .unwrap();
        Self {
            child,
            out,
            err,
            started: Instant::now(),
        }
    }

    pub(crate) fn age(&self) -> Duration {
        self.started.elapsed()
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn stderr(&self) -> String {
        fs::read_to_string(self.err.path()).unwrap()
    }

    pub(crate) fn has_ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// Looks until `condition` holds or the program has ended.
    pub(crate) fn until(&mut self, mut condition: impl FnMut(&Self) -> bool) {
        while !condition(self) && !self.has_ended() {
            assert!(self.age() < PATIENCE, "still not there: {}", self.stderr());
            std::thread::yield_now();
        }
    }

    /// `kill -9`. Says whether it was in time, and how the program ended.
    pub(crate) fn kill(mut self) -> (bool, Ended) {
        self.child.kill().unwrap();
        let ended = self.end();
        (ended.code.is_none(), ended)
    }

    pub(crate) fn end(mut self) -> Ended {
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(self.age() < PATIENCE, "it does not end: {}", self.stderr());
            std::thread::park_timeout(Duration::from_millis(1));
        };
        Ended::new(
            status,
            fs::read_to_string(self.out.path()).unwrap(),
            self.stderr(),
            self.age(),
        )
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// How a program ended.
#[derive(Debug)]
pub(crate) struct Ended {
    /// None: killed by a signal.
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) took: Duration,
}

impl Ended {
    fn new(status: ExitStatus, stdout: String, stderr: String, took: Duration) -> Self {
        Self {
            code: status.code(),
            stdout,
            stderr,
            took,
        }
    }

    /// The last line of stdout, of a program that succeeded.
    #[track_caller]
    pub(crate) fn result(&self) -> Value {
        assert_eq!(self.code, Some(0), "{self:#?}");
        serde_json::from_str(self.stdout.lines().last().unwrap_or_default()).unwrap()
    }

    /// That it failed with this code, gave no result, and said all of this.
    #[track_caller]
    pub(crate) fn failed(&self, code: i32, parts: &[&str]) {
        assert_eq!(self.code, Some(code), "{self:#?}");
        assert_eq!(self.stdout, "", "a failure has no result");
        for part in parts {
            assert!(
                self.stderr.contains(part),
                "{part:?} is missing:\n{}",
                self.stderr
            );
        }
        assert!(!self.stderr.contains("panicked"), "{}", self.stderr);
    }
}
