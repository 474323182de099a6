//! Everything at once on several threads: callbacks are answered from outside at the moment at which their workflow suspends, invoked workflows end while their
//! callers do. The simulation has one thread and can't see two of them meet.
//!
//! ```sh
//! cargo test -p durable-engine --test threads                                      # 6,000 executions
//! DURABLE_EXECUTIONS=1000000 cargo test --release -p durable-engine --test threads
//! ```
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, in its helpers too"
)]

use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use durable_engine::{CallbackSendError, Engine};
use durable_runtime::prelude::*;
use tokio::runtime::Handle;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinSet;

/// Executions, unless `DURABLE_EXECUTIONS` says otherwise.
const EXECUTIONS: u32 = 6_000;
/// So many clients, each of which starts one after the other.
const CLIENTS: u32 = 12;
/// Longer than anything may take on a machine that is busy.
const HANGS: Duration = Duration::from_mins(1);

/// What every workflow here returns.
const DONE: u32 = 3;

/// Where callbacks are handed in, and who began to do what happens at most once.
#[derive(Clone)]
struct Outside {
    letters: UnboundedSender<String>,
    begun: Arc<Mutex<HashSet<String>>>,
}

#[step]
async fn hand_in(outside: &Outside, id: CallbackId) -> Result<()> {
    outside.letters.send(id.as_str().to_owned())?;
    Ok(())
}

#[step]
async fn work() -> Result<u32> {
    tokio::task::yield_now().await;
    Ok(1)
}

#[step(semantics = "at_most_once")]
async fn once(cx: &StepContext, outside: &Outside) -> Result<u32> {
    let key = cx.idempotency_key().to_string();
    let is_first = outside.begun.lock().unwrap().insert(key);
    tokio::task::yield_now().await;
    if is_first {
        Ok(1)
    } else {
        Err(Error::msg("it had begun before"))
    }
}

#[durable_workflow]
async fn called(#[state] outside: Outside) -> Result<u32> {
    Ok(wait_for_callback(|id| hand_in(&outside, id)).await?)
}

#[durable_workflow]
async fn raced(#[state] outside: Outside) -> Result<u32> {
    let callback = create_callback::<u32>().await?;
    hand_in(&outside, callback.id().clone()).await?;
    match race!(answer => callback.result(), worked => work(), late => sleep(Duration::from_hours(1)))
    {
        answer(answer) => Ok(answer?),
        worked(one) => Ok(one? + 2),
        late(()) => Ok(0),
    }
}

#[durable_workflow]
async fn both(#[state] outside: Outside) -> Result<u32> {
    let (answer, two) = join!(
        answer => wait_for_callback::<u32, _, _>(|id| hand_in(&outside, id)),
        two => async { Ok::<_, Error>(work().await? + once(&outside).await?) },
    );
    Ok(answer? + two? - 2)
}

#[durable_workflow]
async fn mapped() -> Result<u32> {
    let ones = map(vec![1, 2, 3], |_: u32| async { work().await }).await?;
    Ok(ones.iter().sum())
}

#[durable_workflow]
async fn invoker() -> Result<u32> {
    let (one, other) = join!(
        one => invoke::<u32>("called", &()),
        other => invoke::<u32>("again", &2).named("other"),
    );
    Ok(one? + other? - DONE)
}

#[durable_workflow]
async fn again(rounds: u32) -> Result<u32> {
    work().await?;
    if rounds == 0 {
        return Ok(DONE);
    }
    return restart(rounds - 1).await;
}

/// Completes callbacks, each a little later than the one before, so that every moment has its turn.
fn answer(engine: &Engine, mut letters: UnboundedReceiver<String>, handle: &Handle) {
    let mut wait = Duration::ZERO;
    while let Some(id) = letters.blocking_recv() {
        let begin = Instant::now();
        while begin.elapsed() < wait {
            std::hint::spin_loop();
        }
        wait = Duration::from_nanos((wait.subsec_nanos() + 170) as u64 % 30_000);
        match handle.block_on(engine.callback(&id).succeed(&DONE)) {
            // Of a branch that has lost, it is refused.
            Ok(()) | Err(CallbackSendError::Refused(_)) => {}
            Err(error) => panic!("{id}: {error}"),
        }
    }
}

macro_rules! run {
    ($engine:ident, $workflow:ident, $input:expr) => {{
        let start = tokio::time::timeout(HANGS, $engine.start($workflow, $input).into_future());
        let run = start.await.expect("it starts").unwrap();
        let place = format!("{} {}", stringify!($workflow), run.id());
        let result = tokio::time::timeout(HANGS, run.result()).await;
        let result = result.unwrap_or_else(|_| panic!("{place} hangs"));
        assert_eq!(result.unwrap(), DONE, "{place}");
    }};
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn on_several_threads_every_execution_ends_as_it_should() {
    let executions = std::env::var("DURABLE_EXECUTIONS").map_or(EXECUTIONS, |wanted| {
        wanted.parse().expect("DURABLE_EXECUTIONS is a number")
    });
    let (letters, handed_in) = unbounded_channel();
    let outside = Outside {
        letters,
        begun: Arc::default(),
    };
    let engine = Engine::in_memory()
        .register(called)
        .register(raced)
        .register(both)
        .register(mapped)
        .register(invoker)
        .register(again)
        .state(outside);
    let engine = engine.start().await.unwrap();
    let (answers, handle) = (engine.clone(), Handle::current());
    std::thread::spawn(move || answer(&answers, handed_in, &handle));
    let mut clients = JoinSet::new();
    for _ in 0..CLIENTS {
        let engine = engine.clone();
        clients.spawn(async move {
            for _ in 0..(executions / CLIENTS / 5).max(1) {
                run!(engine, called, ());
                run!(engine, raced, ());
                run!(engine, both, ());
                run!(engine, mapped, ());
                run!(engine, invoker, ());
            }
        });
    }
    while let Some(client) = clients.join_next().await {
        client.unwrap();
    }
    let end = tokio::time::timeout(HANGS, engine.shutdown()).await;
    end.expect("nothing is left that runs");
}
