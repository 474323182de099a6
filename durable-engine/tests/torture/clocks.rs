//! Clocks that jump, run too fast, and never say the same twice.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use durable_engine::clock::{Clock, Sleep};
use durable_engine::core::EventDetails;
use durable_engine::store::{MemoryStore, Store};
use durable_engine::{Engine, Run};
use durable_runtime::prelude::*;
use durable_runtime::wire::Timestamp;
use parking_lot::Mutex;

use crate::seed::Seed;

/// 2026-01-01T00:00:00Z, in milliseconds.
const START: i64 = 1_767_225_600_000;
const HOUR: i64 = 3_600_000;
const YEAR: i64 = 365 * 24 * HOUR;
/// Everything must have ended within this, in real time.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a clock shows, as a function.
#[derive(Clone)]
struct Odd(Arc<dyn Fn() -> i64 + Send + Sync>);

impl Odd {
    fn new(shows: impl Fn() -> i64 + Send + Sync + 'static) -> Self {
        Self(Arc::new(shows))
    }
}

impl Clock for Odd {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis((self.0)())
    }

    fn sleep_until(&self, deadline: Timestamp) -> Sleep {
        let clock = self.clone();
        Box::pin(async move {
            while clock.now() < deadline {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        })
    }
}

/// Milliseconds of a clock that runs so many times too fast.
fn fast(since: Instant, times: i64) -> i64 {
    START + i64::try_from(since.elapsed().as_micros()).unwrap() * times / 1_000
}

/// An execution, a round and an attempt.
type Body = (u32, u32, u32);

/// How often which body ran.
#[derive(Clone, Default)]
struct Bodies(Arc<Mutex<BTreeMap<Body, usize>>>);

#[step(retry = exponential(max_attempts = 5, initial_delay = "2s", jitter = "none"))]
async fn twice(cx: &StepContext, bodies: &Bodies, execution: u32, round: u32) -> Result<u32> {
    let body = (execution, round, cx.attempt());
    *bodies.0.lock().entry(body).or_default() += 1;
    if cx.attempt() == 1 && round % 2 == 1 {
        return Err(Error::msg("busy"));
    }
    Ok(round)
}

const ROUNDS: u32 = 4;

#[durable_workflow]
async fn patient(execution: u32, #[state] bodies: Bodies) -> Result<u32> {
    let mut sum = 0;
    for round in 0..ROUNDS {
        sum += twice(&bodies, execution, round).await?;
        sleep(Duration::from_secs(u64::from(1 + (execution + round) % 5))).await;
    }
    Ok(sum)
}

async fn start(store: &Arc<MemoryStore>, clock: &Odd, bodies: &Bodies) -> Engine {
    Engine::on(Arc::clone(store) as Arc<dyn Store>)
        .register(patient)
        .state(bodies.clone())
        .clock(clock.clone())
        // Every wait ends in a replay, which has to fit the history.
        .max_resident(0)
        .start()
        .await
        .unwrap()
}

const EXECUTIONS: u32 = 12;

/// Runs workflows by this clock while something happens to it, and checks that every timer fired once and not too early.
async fn run_by(clock: Odd, restarts: bool, mut disturb: impl AsyncFnMut(u32) -> bool) {
    let store = Arc::new(MemoryStore::new());
    let bodies = Bodies::default();
    let mut engine = start(&store, &clock, &bodies).await;
    let mut arns = Vec::new();
    for execution in 0..EXECUTIONS {
        let run = engine
            .start(patient, execution)
            .id(format!("e-{execution}"));
        arns.push(run.await.unwrap().arn().to_owned());
    }
    let mut n = 0;
    while disturb(n).await {
        n += 1;
        if restarts && n % 8 == 0 {
            engine.shutdown().await;
            engine = start(&store, &clock, &bodies).await;
        }
    }
    let ended = async {
        for execution in 0..EXECUTIONS {
            let id = format!("e-{execution}");
            let run: Run<_> = engine.run(patient, &id).await.unwrap();
            assert_eq!(run.result().await.unwrap(), (0..ROUNDS).sum::<u32>());
        }
    };
    tokio::time::timeout(PATIENCE, ended)
        .await
        .expect("something hangs");
    for arn in arns {
        let events = store.history(&arn).await.unwrap();
        let ids: Vec<_> = events.iter().map(|event| event.event_id).collect();
        assert_eq!(ids, (1..=events.len() as u64).collect::<Vec<_>>());
        for operation in store.operations(&arn).await.unwrap() {
            let operation = operation.operation;
            let Some(wait) = operation.wait_details else {
                continue;
            };
            let fired = events.iter().filter(|event| {
                event.id.as_deref() == Some(&*operation.id)
                    && matches!(event.details, EventDetails::WaitSucceeded { .. })
            });
            assert_eq!(fired.count(), 1, "{arn} {}", operation.id);
            let (due, ended) = (wait.scheduled_end_timestamp, operation.end_timestamp);
            assert!(ended.unwrap() >= due.unwrap(), "{arn}: it fired too early");
        }
    }
    let bodies = bodies.0.lock();
    assert_eq!(bodies.len() as u32, EXECUTIONS * (ROUNDS + ROUNDS / 2));
    assert!(bodies.values().all(|times| *times == 1), "{bodies:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn by_a_clock_that_jumps_every_timer_fires_once() {
    let mut seed = Seed::from_environment();
    let (since, offset) = (Instant::now(), Arc::new(Mutex::new(0)));
    let jumps = Arc::clone(&offset);
    let clock = Odd::new(move || fast(since, 100) + *offset.lock());
    run_by(clock, true, async |n| {
        tokio::time::sleep(Duration::from_millis(5)).await;
        let mut offset = jumps.lock();
        *offset = match n {
            20 => *offset + YEAR,
            30 => *offset - YEAR,
            // Past all that was set while the clock was ahead.
            60 => 2 * YEAR,
            _ if seed.below(2) == 0 => *offset - seed.below(60_000) as i64,
            _ => *offset + seed.below(60_000) as i64,
        };
        n < 60
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn by_a_clock_that_is_slewed_every_timer_fires_once() {
    // Half as fast, then twice as fast, and so on, without a jump.
    let since = Instant::now();
    let clock = Odd::new(move || {
        let millis = i64::try_from(since.elapsed().as_millis()).unwrap();
        let (period, within) = (millis / 50, millis % 50);
        let slow = within.min(25) * 50;
        let quick = (within - 25).max(0) * 200;
        START + period * (25 * 50 + 25 * 200) + slow + quick
    });
    run_by(clock, false, async |_| false).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn by_a_clock_that_is_somewhere_else_at_every_look_every_timer_fires_once() {
    let seed = Mutex::new(Seed::from_environment());
    let since = Instant::now();
    let clock = Odd::new(move || fast(since, 100) + seed.lock().below(6_000) as i64 - 3_000);
    run_by(clock, true, async |n| {
        tokio::time::sleep(Duration::from_millis(5)).await;
        n < 40
    })
    .await;
}

/// Where callbacks' ids go.
#[derive(Clone, Default)]
struct Desk(Arc<Mutex<Option<String>>>);

#[step]
async fn hand_in(desk: &Desk, id: CallbackId) -> Result<()> {
    *desk.0.lock() = Some(id.as_str().to_owned());
    Ok(())
}

/// Never waits for a time.
#[durable_workflow]
async fn hasty(#[state] desk: Desk, #[state] bodies: Bodies) -> Result<u32> {
    let one = twice(&bodies, 0, 0).named("one").await?;
    let called: u32 = wait_for_callback(|id| hand_in(&desk, id)).await?;
    let two = twice(&bodies, 0, 2).named("two").await?;
    Ok(one + called + two)
}

#[tokio::test]
async fn a_clock_that_steps_back_at_any_one_look_holds_up_nothing_that_is_owed_at_once() {
    let mut reached_the_end = false;
    for back_at in 0..300 {
        let looks = Arc::new(AtomicUsize::new(0));
        let looked = Arc::clone(&looks);
        // For the rest of the test, an hour earlier: what waited for the clock to come back would wait for ever.
        let clock = Odd::new(move || match looked.fetch_add(1, Ordering::SeqCst) {
            look if look < back_at => START,
            _ => START - HOUR,
        });
        let desk = Desk::default();
        let engine = Engine::in_memory()
            .register(hasty)
            .state(desk.clone())
            .state(Bodies::default())
            .clock(clock)
            .max_resident(if back_at % 2 == 0 { 0 } else { 10 })
            .start()
            .await
            .unwrap();
        let whole = async {
            let run = engine.start(hasty, ()).id("one").await.unwrap();
            let answered = async {
                loop {
                    let id = desk.0.lock().take();
                    match id {
                        Some(id) => break engine.callback(id).succeed(&40).await.unwrap(),
                        None => tokio::task::yield_now().await,
                    }
                }
            };
            let (result, ()) = tokio::join!(run.result(), answered);
            assert_eq!(result.unwrap(), 42);
        };
        let in_time = tokio::time::timeout(Duration::from_secs(5), whole).await;
        assert!(
            in_time.is_ok(),
            "it hangs when the clock steps back at look {back_at}"
        );
        if looks.load(Ordering::SeqCst) <= back_at {
            reached_the_end = true;
            break;
        }
    }
    assert!(reached_the_end, "it stepped back at every look once");
}
