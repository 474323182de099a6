//! A disk that is full, and has room again.
//!
//! The disk is a tmpfs of a few megabytes in a mount namespace of its own, where this machine lets us make one (root, or user namespaces). Elsewhere a limit on the size of
//! files stands in for it: writes beyond it fail as well, though with another error.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use durable_engine::store::{ListFilter, StoreError};
use durable_engine::{Engine, EngineError, RunError};
use durable_runtime::prelude::*;
use parking_lot::Mutex;

const FOLDER: &str = "TORTURE_FULL";
const DISK: &str = "TORTURE_FULL_DISK";
const EXECUTIONS: usize = 8;
const STEPS: u32 = 30;
const RESULT: usize = 20_000;
/// Waits at most so long for what must come.
const PATIENCE: Duration = Duration::from_secs(60);

/// An execution and the number of a step in it.
type Place = (u32, u32);

/// What workflows have seen of their steps.
#[derive(Clone, Debug, Default)]
struct Seen(Arc<Mutex<BTreeMap<Place, Vec<String>>>>);

#[step]
async fn bulky() -> Result<String> {
    let id = uuid::Uuid::new_v4().to_string();
    Ok(id + &"x".repeat(RESULT))
}

#[durable_workflow]
async fn fills(execution: u32, #[state] seen: Seen) -> Result<Vec<String>> {
    let mut ids = Vec::new();
    for step in 0..STEPS {
        let id = bulky().await?[..36].to_owned();
        let mut seen = seen.0.lock();
        seen.entry((execution, step)).or_default().push(id.clone());
        drop(seen);
        ids.push(id);
    }
    Ok(ids)
}

/// How a test's disk is made small.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Disk {
    Tmpfs { user_namespace: bool },
    FileSize,
}

impl Disk {
    /// The best one that this machine allows.
    fn best() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let tmpfs = [false, true].map(|user_namespace| Self::Tmpfs { user_namespace });
        let works = |disk: &Self| {
            let tried = disk.command(folder.path(), Path::new("true")).output();
            tried.is_ok_and(|tried| tried.status.success())
        };
        tmpfs.into_iter().find(works).unwrap_or(Self::FileSize)
    }

    /// A command that runs a program with this disk at `folder`.
    fn command(self, folder: &Path, program: &Path) -> Command {
        let mut command = match self {
            Self::Tmpfs { user_namespace } => {
                let mut command = Command::new("unshare");
                if user_namespace {
                    command.args(["--user", "--map-root-user"]);
                }
                command.args(["--mount", "sh", "-c"]);
                command.arg("mount -t tmpfs -o size=64m tmpfs \"$0\" && exec \"$@\"");
                command
            }
            Self::FileSize => {
                let mut command = Command::new("sh");
                // Ignored, the signal for it becomes an error of the write; the limit is in blocks of 512 or 1,024 bytes.
                command.args(["-c", "trap '' XFSZ; ulimit -S -f 4000; exec \"$@\""]);
                command
            }
        };
        command.arg(folder).arg(program);
        command
    }

    /// Takes most of the room away, from inside: 3 MiB are left.
    fn shrink(self, folder: &Path) {
        if let Self::Tmpfs { .. } = self {
            std::fs::write(folder.join("ballast"), vec![0; 61 << 20]).unwrap();
        }
    }

    /// Makes room, from inside.
    fn grow(self, folder: &Path) {
        match self {
            Self::Tmpfs { .. } => std::fs::remove_file(folder.join("ballast")).unwrap(),
            Self::FileSize => {
                let resource = rustix::process::Resource::Fsize;
                let mut limit = rustix::process::getrlimit(resource);
                limit.current = limit.maximum;
                rustix::process::setrlimit(resource, limit).unwrap();
            }
        }
    }
}

#[test]
fn on_a_full_disk_executions_wait_and_go_on_when_there_is_room() {
    let disk = Disk::best();
    let folder = tempfile::tempdir().unwrap();
    let program = std::env::current_exe().unwrap();
    let output = disk
        .command(folder.path(), &program)
        .args(["full::full_disk_process", "--exact", "--nocapture"])
        .env(FOLDER, folder.path())
        .env(DISK, format!("{disk:?}"))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{disk:?}: {said}{errors}");
    let line = said.lines().find(|line| line.contains("went on after"));
    println!("{disk:?}: {}", line.expect(&said));
}

/// A test for the harness, which does nothing there.
#[test]
fn full_disk_process() {
    let (Some(folder), Ok(disk)) = (std::env::var_os(FOLDER), std::env::var(DISK)) else {
        return;
    };
    let disk = match &*disk {
        "FileSize" => Disk::FileSize,
        _ => Disk::Tmpfs {
            user_namespace: false,
        },
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(fill(&PathBuf::from(folder), disk));
}

async fn fill(folder: &Path, disk: Disk) {
    disk.shrink(folder);
    let seen = Seen::default();
    let path = folder.join("full.db");
    let engine = Engine::open(&path)
        .unwrap()
        .register(fills)
        .state(seen.clone())
        .start()
        .await
        .unwrap();
    let refused: Arc<Mutex<Vec<Arc<StoreError>>>> = Arc::default();
    let mut running = tokio::task::JoinSet::new();
    for execution in 0..EXECUTIONS as u32 {
        let (engine, refused) = (engine.clone(), Arc::clone(&refused));
        running.spawn(async move {
            let id = format!("e-{execution}");
            loop {
                let ended = match engine.start(fills, execution).id(&id).await {
                    Ok(run) => run.result().await,
                    Err(error) => Err(RunError::Engine(error)),
                };
                match ended {
                    Ok(ids) => return (execution, ids),
                    Err(RunError::Engine(EngineError::Store(error))) => refused.lock().push(error),
                    Err(error) => panic!("{error}"),
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        });
    }
    let started = Instant::now();
    while refused.lock().is_empty() {
        assert!(
            started.elapsed() < PATIENCE,
            "it never was full: {running:?}"
        );
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    // Long enough for a second try of each, which fails too.
    tokio::time::sleep(Duration::from_secs(7)).await;
    assert!(
        running.try_join_next().is_none(),
        "there was room after all"
    );
    let listed = engine.list(ListFilter::default()).await.unwrap();
    assert_eq!(listed.len(), EXECUTIONS, "reading goes on");
    for error in &*refused.lock() {
        assert!(error.is_retryable(), "{error}");
        match disk {
            Disk::Tmpfs { .. } => assert!(matches!(&**error, StoreError::Full { .. }), "{error}"),
            Disk::FileSize => assert!(
                matches!(&**error, StoreError::Full { .. } | StoreError::Io { .. }),
                "{error}"
            ),
        }
        assert!(
            error.to_string().contains(path.to_str().unwrap()),
            "{error}"
        );
    }
    let before = seen.0.lock().clone();

    disk.grow(folder);

    let room = Instant::now();
    let all = async {
        let mut results = BTreeMap::new();
        while let Some(ended) = running.join_next().await {
            let (execution, ids) = ended.unwrap();
            results.insert(execution, ids);
        }
        results
    };
    let results = tokio::time::timeout(PATIENCE, all)
        .await
        .expect("all go on");
    for (execution, ids) in &results {
        assert_eq!(ids.len(), STEPS as usize);
        for (step, id) in ids.iter().enumerate() {
            let seen = &seen.0.lock()[&(*execution, step as u32)];
            assert!(
                seen.iter().all(|seen| seen == id),
                "{execution} {step}: {seen:?}, then {id}"
            );
        }
    }
    println!(
        "{} steps were acknowledged before it was full, {} refusals; all {} executions went on after {:.1?}",
        before.len(),
        refused.lock().len(),
        results.len(),
        room.elapsed()
    );
    engine.shutdown().await;
}
