//! An engine under load, killed again and again.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use durable_engine::ExecutionStatus;
use durable_engine::store::{ListFilter, SqliteReader};
use parking_lot::Mutex;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::client::Request;
use crate::engine::{Place, Running};
use crate::laws::{self, Acknowledged, Ended};
use crate::ledger::Pages;
use crate::outside;
use crate::seed::Seed;
use crate::work::Order;

/// Executions at any time, so many of them of the function that is a process.
const AT_ONCE: usize = 200;
const OUTSIDE: usize = 8;
/// Kills, unless `TORTURE_KILLS` says otherwise.
const KILLS: u32 = 20;
/// What is left must end within this.
const PATIENCE: Duration = Duration::from_secs(120);
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// Clients that start executions, answer their callbacks and never give up.
pub(crate) struct Load {
    server: watch::Sender<Option<SocketAddr>>,
    clients: JoinSet<()>,
    shared: Arc<Shared>,
}

struct Shared {
    ledger: PathBuf,
    pages: Mutex<Pages>,
    acknowledged: Mutex<Acknowledged>,
    /// No new executions.
    enough: AtomicBool,
}

impl Load {
    pub(crate) fn start(place: &Place, at_once: usize, outside: usize) -> Self {
        let shared = Arc::new(Shared {
            ledger: place.ledger(),
            pages: Mutex::default(),
            acknowledged: Mutex::default(),
            enough: AtomicBool::new(false),
        });
        let server = watch::Sender::new(None);
        let mut clients = JoinSet::new();
        for client in 0..at_once {
            let (shared, server) = (Arc::clone(&shared), server.subscribe());
            clients.spawn(async move {
                for n in 0.. {
                    if shared.enough.load(Ordering::SeqCst) {
                        break;
                    }
                    let name = format!("o-{client}-{n}");
                    if client < outside {
                        shared.function(&name, &server).await;
                    } else {
                        shared.order(&name, 1 + client as u64 % 2, &server).await;
                    }
                }
            });
        }
        Self {
            server,
            clients,
            shared,
        }
    }

    /// Where the engine is now, if there is one.
    pub(crate) fn server_is(&self, address: Option<SocketAddr>) {
        self.server.send_replace(address);
    }

    /// Checks the database of an engine that is gone.
    pub(crate) fn check(&self, place: &Place, ended: &mut Ended) {
        let acknowledged = self.shared.acknowledged.lock().clone();
        let mut pages = self.shared.pages.lock();
        pages.go_on(&place.ledger());
        laws::check(&place.database(), &pages, &acknowledged, ended);
    }

    /// Lets what has been started come to its end. The engine runs.
    pub(crate) async fn finish(&mut self) {
        self.shared.enough.store(true, Ordering::SeqCst);
        let all = async {
            while let Some(client) = self.clients.join_next().await {
                client.unwrap();
            }
        };
        let in_time = tokio::time::timeout(PATIENCE, all).await.is_ok();
        assert!(in_time, "{} clients still wait", self.clients.len());
    }

    /// Those that have returned are about to be recorded: waits for the last of them.
    pub(crate) async fn recorded(&self, place: &Place, engine: &Running) {
        let reader = SqliteReader::open(place.database()).unwrap();
        let running = ListFilter {
            statuses: vec![ExecutionStatus::Running],
            ..ListFilter::default()
        };
        let since = Instant::now();
        while !reader.list(&running).unwrap().is_empty() {
            assert!(since.elapsed() < PATIENCE, "{}", engine.errors());
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    pub(crate) fn check_the_end(&self, place: &Place, ended: &Ended) {
        let mut pages = self.shared.pages.lock();
        pages.go_on(&place.ledger());
        let acknowledged = self.shared.acknowledged.lock();
        laws::check_the_end(&place.database(), &pages, &acknowledged, ended);
    }

    pub(crate) fn started(&self) -> usize {
        self.shared.acknowledged.lock().starts.len()
    }
}

impl Shared {
    async fn order(
        &self,
        name: &str,
        wait_seconds: u64,
        server: &watch::Receiver<Option<SocketAddr>>,
    ) {
        let input = Order {
            name: name.to_owned(),
            wait_seconds,
        };
        let input = serde_json::to_string(&input).unwrap();
        self.begin("order", name, input, server).await;
        let id = self.wait(|pages| pages.asked.get(name).cloned()).await;
        let approved = format!("approved-{}", uuid::Uuid::new_v4());
        let json = serde_json::to_string(&approved).unwrap();
        let (answer, unanswered) = Request::succeed(&id, json).until_answered(server).await;
        // It has its answer: the one that was sent before, whose receipt was lost.
        let was_there = unanswered && answer.status == 400;
        assert!(answer.status == 200 || was_there, "{name}: {answer:?}");
        self.acknowledged
            .lock()
            .answers
            .insert(name.to_owned(), approved);
        self.wait(|pages| pages.returned.get(name).cloned()).await;
    }

    async fn function(&self, name: &str, server: &watch::Receiver<Option<SocketAddr>>) {
        let input = outside::Input {
            name: name.to_owned(),
            stops: false,
        };
        let input = serde_json::to_string(&input).unwrap();
        self.begin(outside::NAME, name, input, server).await;
        self.wait(|pages| pages.returned.get(name).cloned()).await;
    }

    async fn begin(
        &self,
        function: &'static str,
        name: &str,
        input: String,
        server: &watch::Receiver<Option<SocketAddr>>,
    ) {
        let start = Request::start(function, name, input);
        let (answer, _) = start.until_answered(server).await;
        assert_eq!(answer.status, 202, "{name}: {answer:?}");
        self.acknowledged
            .lock()
            .starts
            .insert(name.to_owned(), function);
    }

    /// Waits until the ledger has it.
    async fn wait<T>(&self, find: impl Fn(&Pages) -> Option<T>) -> T {
        loop {
            {
                let mut pages = self.pages.lock();
                if let Some(found) = find(&pages) {
                    return found;
                }
                pages.go_on(&self.ledger);
                if let Some(found) = find(&pages) {
                    return found;
                }
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_again_and_again_under_load_it_loses_nothing_that_anybody_was_told() {
    let mut seed = Seed::from_environment();
    let kills = match std::env::var("TORTURE_KILLS") {
        Ok(kills) => kills.parse().expect("TORTURE_KILLS is a number"),
        Err(_) => KILLS,
    };
    let started = Instant::now();
    let place = Place::new();
    let mut load = Load::start(&place, AT_ONCE, OUTSIDE);
    let mut ended = Ended::new();
    let mut early = 0;
    for kill in 0..kills {
        let mut engine = place.start();
        if seed.below(4) == 0 {
            // While it opens the database, or finds what the last one left.
            tokio::time::sleep(Duration::from_micros(seed.below(60_000))).await;
        } else {
            load.server_is(Some(engine.up().await));
            tokio::time::sleep(Duration::from_micros(seed.below(1_200_000))).await;
        }
        early += u32::from(engine.address().is_none());
        engine.kill();
        load.server_is(None);
        load.check(&place, &mut ended);
        if kill % 50 == 49 {
            println!(
                "{} kills, {} started, {} ended",
                kill + 1,
                load.started(),
                ended.len()
            );
        }
    }
    let killing = started.elapsed();

    let mut engine = place.start();
    load.server_is(Some(engine.up().await));
    load.finish().await;
    load.recorded(&place, &engine).await;
    engine.kill();
    load.check_the_end(&place, &ended);
    println!(
        "{kills} kills in {killing:.1?}, {early} of them before it listened; {} executions, all right after {:.1?}",
        load.started(),
        started.elapsed()
    );
}
