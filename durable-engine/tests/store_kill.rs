//! `kill -9` in the middle of heavy writing: every acknowledged commit is there afterwards.
#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, its helpers too"
)]

mod store_support;

use std::{
    collections::HashMap,
    io::{BufRead, BufReader, Write},
    path::Path,
    process::Stdio,
    sync::Arc,
    time::{Duration, Instant},
};

use durable_engine::store::{SqliteStore, Store};
use store_support::*;

const CHILD: &str = "STORE_TEST_KILL";
const KILL_TEST: &str =
    "given_heavy_commits_when_the_process_is_killed_then_every_acknowledged_commit_survives";
const ROUNDS: u64 = 25;
const WRITERS: u64 = 16;

#[test]
fn given_heavy_commits_when_the_process_is_killed_then_every_acknowledged_commit_survives() {
    if let Some(path) = std::env::var_os(CHILD) {
        return write_until_killed(Path::new(&path));
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("durable.db");
    let mut acknowledged: HashMap<String, u64> = HashMap::new();
    let mut seed = 0x9E37_79B9_7F4A_7C15_u64;

    for round in 0..ROUNDS {
        seed = seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        // Killed after so many acknowledgements.
        let lives = 1 + (seed >> 33) % 1_500;
        let mut child = again(KILL_TEST, CHILD, &path)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut seen = 0;
        let mut note = |line: String| {
            // The test harness writes lines of its own; ours end with a full stop.
            let ack = line
                .strip_prefix("ack ")
                .and_then(|ack| ack.strip_suffix('.'));
            if let Some((name, n)) = ack.and_then(|ack| ack.split_once(' ')) {
                acknowledged.insert(name.to_owned(), n.parse().unwrap());
                seen += 1;
            }
            seen
        };
        while note(lines.next().unwrap().unwrap()) < lives {}
        child.kill().unwrap();
        // What was said before the kill counts too; a last line cut in half has no full stop.
        lines.map_while(Result::ok).for_each(|line| {
            note(line);
        });
        child.wait().unwrap();
        check(&path, &acknowledged, round);
    }
    assert!(
        acknowledged.len() > 20,
        "the children hardly wrote anything: {acknowledged:?}"
    );
}

#[test]
fn given_a_new_database_when_the_process_is_killed_while_creating_it_then_it_opens_afterwards() {
    let folder = tempfile::tempdir().unwrap();
    for round in 0..20_u32 {
        let path = folder.path().join(format!("{round}.db"));
        let mut child = again(KILL_TEST, CHILD, &path)
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        // The lock file is the first thing on disk; from there on, a little later every round.
        let lock = folder.path().join(format!("{round}.db-lock"));
        while !lock.exists() && child.try_wait().unwrap().is_none() {
            std::hint::spin_loop();
        }
        let seen = Instant::now();
        while seen.elapsed() < round * Duration::from_micros(400) {
            std::hint::spin_loop();
        }
        child.kill().unwrap();
        child.wait().unwrap();

        let opened = SqliteStore::open(&path);

        assert!(opened.is_ok(), "round {round}: {}", opened.unwrap_err());
    }
}

/// Opens the database the killed process left and looks for everything it had promised.
fn check(path: &Path, acknowledged: &HashMap<String, u64>, round: u64) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let store = SqliteStore::open(path).unwrap();
    runtime.block_on(async {
        for (name, last) in acknowledged {
            let loaded = store.load(&arn("kill", name)).await.unwrap();
            let loaded =
                loaded.unwrap_or_else(|| panic!("round {round}: execution {name} is lost"));
            let stored = loaded.operations.len() as u64;
            assert!(
                stored > *last,
                "round {round}: {name} has {stored} steps, but step {last} was acknowledged"
            );
            // Whole or not at all: the record, the operations and the events tell the same story.
            assert_eq!(loaded.record.next_seq, stored, "round {round}: {name}");
            let events = store.history(&arn("kill", name)).await.unwrap();
            let ids: Vec<_> = events.iter().map(|event| event.event_id).collect();
            assert_eq!(
                ids,
                (1..=1 + 2 * stored).collect::<Vec<_>>(),
                "round {round}: {name}"
            );
        }
    });
}

/// The child: some executions of its own, a commit after the other, and a line for each that was acknowledged.
fn write_until_killed(path: &Path) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .build()
        .unwrap();
    let store = Arc::new(SqliteStore::open(path).unwrap());
    let payload = "x".repeat(700);
    let me = std::process::id();
    runtime.block_on(async {
        let writers: Vec<_> = (0..WRITERS)
            .map(|writer| {
                let (store, payload) = (Arc::clone(&store), payload.clone());
                tokio::spawn(async move {
                    let name = format!("{me}-{writer}");
                    store.create(created("kill", &name)).await.unwrap();
                    for n in 0.. {
                        store
                            .commit(step_done("kill", &name, n, &payload))
                            .await
                            .unwrap();
                        let mut out = std::io::stdout().lock();
                        writeln!(out, "ack {name} {n}.")
                            .and_then(|()| out.flush())
                            .unwrap();
                    }
                })
            })
            .collect();
        for writer in writers {
            writer.await.unwrap();
        }
    });
}
