//! A database with something of everything in it, and the tool to look into it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use durable_engine::Engine;
use durable_runtime::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tempfile::TempDir;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Order {
    id: String,
    items: u32,
    carrier: String,
}

#[step]
async fn reserve(_order: &Order) -> Result<String> {
    Ok("shelf 7".to_owned())
}

fn is_no_truck(error: &Error) -> bool {
    error.to_string().contains("truck")
}

#[step(
    retry = exponential(max_attempts = 3, initial_delay = "1h", max_delay = "1h", jitter = "none"),
    retry_if = is_no_truck,
)]
async fn ship(order: &Order) -> Result<String> {
    if order.items == 0 {
        return Err(Error::msg(format!("{} is empty", order.id)));
    }
    if order.carrier == "none" {
        return Err(Error::msg("no truck today"));
    }
    Ok(format!("shipped {}", order.id))
}

#[durable_workflow]
async fn fulfil(order: Order) -> Result<String> {
    child("pack", || async {
        reserve(&order).await?;
        Ok::<_, Error>(format!("packed {}", order.id))
    })
    .await?;
    if order.carrier == "tomorrow" {
        sleep(Duration::from_hours(24)).named("carrier").await;
    }
    ship(&order).await
}

#[durable_workflow]
async fn audit() -> Result<()> {
    Ok(())
}

/// A database, and the engine that has it open, if one has.
pub(crate) struct Database {
    folder: TempDir,
    path: PathBuf,
    engine: Option<Engine>,
}

impl Database {
    /// With a running engine: `fulfil/order-1` shipped, `order-2` asleep, `order-3` failed, `audit/order-1` done, and `fulfil/order-4`
    /// waiting for its second attempt.
    pub(crate) async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("orders.db");
        let engine = Engine::open(&path)
            .unwrap()
            .register(fulfil)
            .register(audit);
        let engine = engine.start().await.unwrap();
        let order = |id: &str, items, carrier: &str| Order {
            id: id.to_owned(),
            items,
            carrier: carrier.to_owned(),
        };
        for (order, ends) in [
            (order("order-1", 2, "today"), true),
            (order("order-2", 2, "tomorrow"), false),
            (order("order-3", 0, "today"), true),
        ] {
            let id = order.id.clone();
            let start = engine.start(fulfil, order).id(id);
            let run = start.timeout(Duration::from_hours(72)).await.unwrap();
            if ends {
                let _ = run.result().await;
            }
        }
        let run = engine.start(audit, ()).id("order-1").await.unwrap();
        run.result().await.unwrap();
        let order = order("order-4", 1, "none");
        let retrying = engine.start(fulfil, order).id("order-4").await.unwrap();
        let sleeping = engine.run(fulfil, "order-2").await.unwrap();
        for parked in [retrying, sleeping] {
            while parked
                .history()
                .await
                .unwrap()
                .iter()
                .all(|event| event.event_type() != "InvocationCompleted")
            {
                tokio::task::yield_now().await;
            }
        }
        Self {
            folder,
            path,
            engine: Some(engine),
        }
    }

    pub(crate) fn path(&self) -> &str {
        self.path.to_str().unwrap()
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The files as a process that is killed now would leave them.
    pub(crate) fn as_left_by_a_kill(&self) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, content) in files(self.folder()) {
            std::fs::write(folder.path().join(name), content).unwrap();
        }
        let path = folder.path().join("orders.db");
        assert!(folder.path().join("orders.db-wal").exists());
        Self {
            folder,
            path,
            engine: None,
        }
    }

    /// The engine has ended in order.
    pub(crate) async fn closed(mut self) -> Self {
        self.engine.take().unwrap().shutdown().await;
        self
    }
}

fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|entry| {
            let content = std::fs::read(entry.path()).unwrap();
            (entry.file_name().into_string().unwrap(), content)
        })
        .collect()
}

/// No file but SQLite's index of its log, which holds no data, is made or changed.
pub(crate) fn nothing_changed<T>(folder: &Path, look: impl FnOnce() -> T) -> T {
    let kept = || {
        let mut files = files(folder);
        files.retain(|name, _| !name.ends_with("-shm"));
        files
    };
    let before = kept();
    let seen = look();
    assert!(kept() == before, "a file was changed: {:?}", kept().keys());
    seen
}

pub(crate) fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-durable"));
    command.args(arguments).env_remove("CLICOLOR_FORCE");
    command
}

pub(crate) fn durable(arguments: &[&str]) -> Output {
    command(arguments).output().unwrap()
}

/// What it prints when all is well.
pub(crate) fn found(arguments: &[&str]) -> String {
    let output = durable(arguments);
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{arguments:?}: {errors}");
    assert_eq!(errors, "");
    String::from_utf8(output.stdout).unwrap()
}

pub(crate) fn json(arguments: &[&str]) -> Value {
    serde_json::from_str(&found(arguments)).unwrap()
}

/// What it says when it ends with this exit code.
pub(crate) fn failing(code: i32, arguments: &[&str]) -> String {
    let output = durable(arguments);
    let errors = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {errors}");
    assert!(output.stdout.is_empty());
    errors
}
