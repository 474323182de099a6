//! Random workflows under random faults. A seed owns the clock, the store, the network and the scheduling of a run: the process dies before and after
//! writes, the disk refuses writes (and has stored some of them for all that) and reads, checkpoints and answers are lost, repeated, delayed and throttled, histories come in small pages, parked workflows are dropped from memory.
//!
//! After each of it: nothing acknowledged is lost or changed, what a workflow has seen it sees again, at most once means it, a recorded outcome stands, nothing
//! hangs, and the end is that of the run without faults.
//!
//! ```sh
//! cargo test -p durable-engine --test simulation                                  # 2,000 programs in memory, 100 on SQLite
//! DURABLE_SIMULATIONS=100000 cargo test --release -p durable-engine --test simulation
//! DURABLE_CASE='[7,{"Sleep":{"seconds":3}}]' cargo test -p durable-engine --test simulation one_case
//! ```
//! A case that fails is shrunk, and printed as what the last line takes.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, in its helpers too"
)]

mod disk;
mod interpreter;
mod medium;
mod program;
mod world;

use std::collections::BTreeSet;
use std::sync::{Arc, Once};
use std::task::Poll;
use std::time::Duration;

use durable_engine::{EngineError, Run, RunError, TestEngine, TestEngineBuilder};
use durable_runtime::Workflow;
use durable_runtime::wire::ErrorObject;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};

use disk::{Disk, Mounted};
use interpreter::{Task, perform, perform_again};
use medium::Medium;
use program::{Answered, Node, programs};
use world::World;

/// Programs in a test run; each is executed once without faults and [`FAULTED`] times with them.
const PROGRAMS: u32 = 2_000;
const FAULTED: u64 = 4;

/// How long nothing may happen, in the time of a clock that stands still while anything does.
const HANGS: Duration = Duration::from_hours(1);

/// How a run ended.
#[derive(Clone, Debug, PartialEq)]
struct End {
    output: Result<String, String>,
    undone: BTreeSet<String>,
}

fn equip(builder: TestEngineBuilder, world: &World, seed: Option<u64>) -> TestEngineBuilder {
    let builder = builder
        .register(perform)
        .register(perform_again)
        .state(world.clone());
    match seed {
        Some(seed) => builder.with_faults(seed),
        None => builder,
    }
}

/// How it ends. Who waits is told that the disk refuses, and waits again.
async fn ended<W>(run: &Run<W>) -> Result<String, String>
where
    W: Workflow<Output = durable_runtime::Result<String>>,
{
    loop {
        match run.result().await {
            Err(RunError::Engine(EngineError::Store(_))) => tokio::task::yield_now().await,
            ended => return ended.map_err(|error| error.to_string()),
        }
    }
}

/// One execution. With a seed, everything that can go wrong does so now and then.
async fn execute(node: &Node, medium: Medium, seed: Option<u64>) -> Result<End, String> {
    let world = World::default();
    let disk = Arc::new(Disk::new(world.clone(), medium, seed));
    let builder = equip(
        TestEngine::on(Arc::new(Mounted(Arc::clone(&disk)))),
        &world,
        seed,
    );
    let mut engine = builder.start().await.unwrap();
    disk.started();
    let mut lives = 0;
    let output = loop {
        let task = Task {
            place: "root".to_owned(),
            node: node.clone(),
        };
        let life = async {
            // As soon as the disk lets it.
            let run = loop {
                match engine.start(perform, task.clone()).id("simulated").await {
                    Err(EngineError::Store(_)) => tokio::task::yield_now().await,
                    begun => break begun.map_err(|error| error.to_string())?,
                }
            };
            let answers = async {
                loop {
                    let letter = world.letter().await;
                    let callback = engine.callback(&letter.0);
                    let send = async {
                        match letter.1 {
                            Answered::Success => callback.succeed("yes").await,
                            Answered::Failure => {
                                callback.fail(ErrorObject::new("Refused", "no")).await
                            }
                            Answered::Never => Ok(()),
                        }
                    };
                    if seed.is_some_and(|seed| seed % 2 == 0) {
                        // Sends it and does not wait to hear of it.
                        let mut send = std::pin::pin!(send);
                        std::future::poll_fn(|cx| {
                            let _ = send.as_mut().poll(cx);
                            Poll::Ready(())
                        })
                        .await;
                    } else {
                        // Whoever answers a callback whose branch has lost is told so.
                        drop(send.await);
                    }
                }
            };
            tokio::select! {
                ended = ended(&run) => Ok::<_, String>(ended),
                () = answers => unreachable!("it never ends"),
            }
        };
        tokio::select! {
            biased;
            () = disk.died() => {}
            ended = life => break ended?,
            () = tokio::time::sleep(HANGS) => return Err("it hangs".to_owned()),
        }
        lives += 1;
        let crashed = engine.crash();
        disk.revive();
        // What was on its way to the engine is sent again.
        world.send_again();
        let seed = seed.map(|seed| seed.wrapping_add(lives << 32));
        engine = equip(crashed, &world, seed).start().await.unwrap();
        disk.started();
    };
    disk.check_all().await;
    match world.first_wrong() {
        Some(wrong) => Err(wrong),
        None => Ok(End {
            output,
            undone: world.undone(),
        }),
    }
}

fn run(node: &Node, medium: Medium, seed: Option<u64>) -> Result<End, String> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .unwrap()
        .block_on(execute(node, medium, seed))
}

/// One program, without faults and with those of some seeds.
fn simulate(seed: u64, node: &Node, medium: fn() -> Medium) -> Result<(), String> {
    let expected = run(node, medium(), None).map_err(|wrong| format!("without faults: {wrong}"))?;
    for fault in 0..FAULTED {
        let seed = seed.wrapping_mul(FAULTED).wrapping_add(fault);
        let found = run(node, medium(), Some(seed))?;
        if !node.is_open() && found != expected {
            return Err(format!(
                "without faults it ends as {expected:?}, with them as {found:?}"
            ));
        }
    }
    Ok(())
}

/// Steps that panic on purpose say nothing.
fn hush() {
    static HUSHED: Once = Once::new();
    HUSHED.call_once(|| {
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            let on_purpose = panic
                .payload_as_str()
                .is_some_and(|text| text.starts_with("root") && text.ends_with(" panics"));
            if !on_purpose {
                usual(panic);
            }
        }));
    });
}

fn wanted() -> Option<u32> {
    let wanted = std::env::var("DURABLE_SIMULATIONS").ok()?;
    Some(wanted.parse().expect("DURABLE_SIMULATIONS is a number"))
}

/// So many programs.
fn some(programs_wanted: u32, seed: u8, medium: fn() -> Medium) {
    hush();
    let config = Config {
        cases: programs_wanted,
        max_shrink_iters: 3_000,
        failure_persistence: None,
        ..Config::default()
    };
    let mut runner = match wanted() {
        // The same in every run of the suite.
        None => {
            let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[seed; 32]);
            TestRunner::new_with_rng(config, rng)
        }
        Some(_) => TestRunner::new(config),
    };
    let found = runner.run(&(any::<u64>(), programs()), |(seed, node)| {
        simulate(seed, &node, medium).map_err(TestCaseError::fail)
    });
    match found {
        Ok(()) => {}
        Err(TestError::Fail(reason, case)) => panic!(
            "{reason}\n{:#?}\nDURABLE_CASE='{}' cargo test -p durable-engine --test simulation one_case",
            case.1,
            serde_json::to_string(&case).unwrap()
        ),
        Err(other) => panic!("{other}"),
    }
}

#[test]
fn whatever_goes_wrong_the_end_is_the_same() {
    some(wanted().unwrap_or(PROGRAMS) / 2, 1, || Medium::Memory);
}

#[test]
fn whatever_goes_wrong_the_end_is_the_same_in_the_other_half() {
    some(wanted().unwrap_or(PROGRAMS) / 2, 2, || Medium::Memory);
}

#[test]
fn whatever_goes_wrong_the_end_is_the_same_on_sqlite() {
    some(wanted().unwrap_or(PROGRAMS) / 20, 3, Medium::sqlite);
}

/// What a failure printed, again.
#[test]
fn one_case() {
    hush();
    let case = std::env::var("DURABLE_CASE");
    let case = case.as_deref().unwrap_or(USUAL);
    let (seed, node): (u64, Node) =
        serde_json::from_str(case).expect("DURABLE_CASE is what a failure printed");
    assert_eq!(simulate(seed, &node, || Medium::Memory), Ok(()));
    assert_eq!(simulate(seed, &node, Medium::sqlite), Ok(()));
}

/// One of every kind of node.
const USUAL: &str = r#"[7,{"Sequence":[
    {"Step":{"fails":1,"how":"Error"}},{"Step":{"fails":1,"how":"Panic"}},{"Step":{"fails":1,"how":"TimeOut"}},
    "Booking",{"Sleep":{"seconds":3}},{"Callback":"Success"},{"Submitted":"Success"},
    {"Forgiven":{"Join":[{"Callback":"Failure"},{"Callback":"Never"}]}},
    {"Map":{"items":["Booking",{"Step":{"fails":3,"how":"Error"}}],"at_once":1,"policy":"All"}},
    {"Child":{"node":"Booking","flat":false}},{"Child":{"node":"Booking","flat":true}},
    {"Invoke":{"Step":{"fails":2,"how":"Error"}}},{"InvokeAgain":{"node":"Booking","rounds":2}},{"Retry":{"node":{"Step":{"fails":3,"how":"Error"}},"attempts":2}}]}]"#;
