//! The engine in a process of its own: this very binary, when its environment says so.

use std::fs::{self, File};
use std::io::Read;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use durable_engine::server::Server;
use durable_engine::{DurableConfig, Engine, FunctionConfig};
use tempfile::TempDir;

use crate::ledger::Ledger;
use crate::{outside, work};

/// The folder to run in.
const FOLDER: &str = "TORTURE_ENGINE";
/// No process takes longer to come up.
const PATIENCE: Duration = Duration::from_secs(60);

/// A folder with a database and a ledger.
pub(crate) struct Place(TempDir);

impl Place {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn database(&self) -> PathBuf {
        database(self.0.path())
    }

    pub(crate) fn ledger(&self) -> PathBuf {
        ledger(self.0.path())
    }

    /// Starts an engine here. It may be killed before it comes up.
    pub(crate) fn start(&self) -> Running {
        let folder = self.0.path();
        // That of the last process.
        let _ = fs::remove_file(address(folder));
        let errors = folder.join("errors");
        let to = File::options().create(true).append(true).open(&errors);
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["engine::engine_process", "--exact", "--nocapture"])
            .env(FOLDER, folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(to.unwrap())
            .spawn()
            .unwrap();
        Running {
            child,
            folder: folder.to_owned(),
        }
    }
}

fn database(folder: &Path) -> PathBuf {
    folder.join("durable.db")
}

fn ledger(folder: &Path) -> PathBuf {
    folder.join("ledger")
}

fn address(folder: &Path) -> PathBuf {
    folder.join("address")
}

/// An engine's process; killed if the test forgets it.
pub(crate) struct Running {
    child: Child,
    folder: PathBuf,
}

impl Running {
    /// Where it listens, once it does.
    pub(crate) fn address(&mut self) -> Option<SocketAddr> {
        if let Some(status) = self.child.try_wait().unwrap() {
            panic!("the engine ended by itself ({status}): {}", self.errors());
        }
        let written = fs::read_to_string(address(&self.folder)).ok()?;
        Some(written.parse().unwrap())
    }

    pub(crate) async fn up(&mut self) -> SocketAddr {
        let started = Instant::now();
        loop {
            if let Some(address) = self.address() {
                return address;
            }
            assert!(started.elapsed() < PATIENCE, "{}", self.errors());
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    pub(crate) fn errors(&self) -> String {
        fs::read_to_string(self.folder.join("errors")).unwrap_or_default()
    }

    /// SIGKILL.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        let status = self.child.wait().unwrap();
        assert_eq!(
            status.code(),
            None,
            "it had ended by itself: {}",
            self.errors()
        );
    }

    /// Sends a signal by its name.
    pub(crate) fn signal(&self, name: &str) {
        signal(self.child.id(), name);
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) fn signal(pid: u32, name: &str) {
    let kill = format!("kill -{name} {pid}");
    let sent = Command::new("sh").args(["-c", &kill]).status().unwrap();
    assert!(sent.success(), "{kill}");
}

/// A test for the harness, which does nothing there.
#[test]
fn engine_process() {
    let Some(folder) = std::env::var_os(FOLDER) else {
        return;
    };
    // Whoever started this process and is gone wants no engine any more.
    std::thread::spawn(|| {
        let mut all = Vec::new();
        let _ = std::io::stdin().read_to_end(&mut all);
        std::process::exit(0);
    });
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(serve(Path::new(&folder)));
}

async fn serve(folder: &Path) {
    let endpoint = durable_engine::runtime_api::Endpoint::later();
    let function = outside::bootstrap(&ledger(folder), folder)
        .endpoint_url(endpoint.clone())
        .log_file(folder.join("errors"))
        .start()
        .unwrap();
    let config = FunctionConfig::new(outside::NAME).durable(DurableConfig::default());
    let engine = Engine::open(database(folder))
        .unwrap()
        .register(work::order)
        .state(Ledger::open(&ledger(folder)))
        .function(config, function)
        // So few that some go on where they are and others are replayed.
        .max_resident(60)
        .start()
        .await
        .unwrap();
    let server = Server::new(engine.service()).bind("127.0.0.1:0").await;
    let server = server.unwrap();
    let listens = server.local_addr();
    endpoint.set(format!("http://{listens}"));
    // Whole or not there.
    let new = folder.join("address.new");
    fs::write(&new, listens.to_string()).unwrap();
    fs::rename(new, address(folder)).unwrap();
    server.serve_until(std::future::pending()).await.unwrap();
}
