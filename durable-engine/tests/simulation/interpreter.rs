//! The one workflow that executes every program.

use durable_runtime::prelude::*;
use durable_runtime::wire::ErrorObject;
use durable_runtime::{CallbackError, RetryDecision};
use serde::{Deserialize, Serialize};

use crate::program::{Answered, Failing, Node, Policy};
use crate::world::World;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Task {
    pub(crate) place: String,
    pub(crate) node: Node,
}

impl Task {
    fn new(place: &str, part: impl std::fmt::Display, node: Node) -> Self {
        Self {
            place: format!("{place}/{part}"),
            node,
        }
    }
}

/// What is left to do of one that restarts.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Rounds {
    task: Task,
    left: u32,
}

#[step(
    retry = exponential(max_attempts = 3, initial_delay = "5s", jitter = "none"),
    timeout = "1s"
)]
async fn act(cx: &StepContext, place: String, fails: u32, how: Failing) -> Result<String> {
    if cx.attempt() > fails {
        return Ok(format!("{place} done"));
    }
    match how {
        Failing::Error => Err(Error::with_type("Failed", place)),
        Failing::Panic => panic!("{place} panics"),
        Failing::TimeOut => {
            tokio::time::sleep(Duration::from_secs(60)).await;
            Ok("too late".to_owned())
        }
    }
}

#[step(
    semantics = "at_most_once",
    retry = exponential(max_attempts = 3, initial_delay = "5s", jitter = "none")
)]
async fn once(cx: &StepContext, world: &World, place: String, fails: u32) -> Result<String> {
    world.begin(&cx.idempotency_key().to_string(), cx.attempt());
    tokio::task::yield_now().await;
    if cx.attempt() > fails {
        Ok(format!("{place} done once"))
    } else {
        Err(Error::with_type("Failed", place))
    }
}

#[step]
async fn book(place: String) -> Result<String> {
    Ok(place)
}

#[step]
async fn unbook(world: World, place: String) -> Result<()> {
    world.undo(&place);
    Ok(())
}

#[step]
async fn ask(world: &World, callback: String, answered: Answered) -> Result<()> {
    world.ask(&callback, answered);
    Ok(())
}

/// Long, so that an answer is never late, however often the engine is killed before it.
const PATIENCE: Duration = Duration::from_hours(24 * 30);

fn shown(answer: Result<String, CallbackError>) -> Result<String> {
    answer.map_err(|error| Error::with_type("Unanswered", error.to_string()))
}

fn told(result: &Result<String>) -> String {
    match result {
        Ok(text) => format!("ok({text})"),
        Err(error) => format!("err({error})"),
    }
}

fn limited(attempts: u32) -> impl Fn(&ErrorObject, u32) -> RetryDecision {
    move |_, attempt| {
        if attempt < attempts {
            RetryDecision::RetryAfter(Duration::from_secs(30))
        } else {
            RetryDecision::Stop
        }
    }
}

#[durable_workflow]
pub(crate) async fn perform(task: Task, #[state] world: World) -> Result<String> {
    let Task { place, node } = task;
    let result = match node {
        Node::Step { fails, how } => act(place.clone(), fails, how).await,
        Node::Once { fails } => once(&world, place.clone(), fails).await,
        Node::Booking => {
            let world = world.clone();
            book(place.clone())
                .compensate(move |place| unbook(world, place))
                .await
        }
        Node::Sleep { seconds } => {
            sleep(Duration::from_secs(seconds)).await;
            Ok("slept".to_owned())
        }
        Node::Callback(answered) => {
            let callback = create_callback::<String>().timeout(PATIENCE).await?;
            ask(&world, callback.id().to_string(), answered).await?;
            shown(callback.result().await)
        }
        Node::Submitted(answered) => shown(
            wait_for_callback(|id| ask(&world, id.to_string(), answered))
                .timeout(PATIENCE)
                .await,
        ),
        Node::Sequence(nodes) => {
            let mut all = Vec::new();
            for (number, node) in nodes.into_iter().enumerate() {
                let next = Task::new(&place, number, node);
                all.push(perform(next, world.clone()).keyed(number).await?);
            }
            Ok(all.join(","))
        }
        Node::Join(one, other) => {
            let (one, other) = join!(
                one => perform(Task::new(&place, "one", *one), world.clone()),
                other => perform(Task::new(&place, "other", *other), world.clone()).named("other"),
            );
            Ok(format!("{}+{}", told(&one), told(&other)))
        }
        Node::TryJoin(one, other) => try_join!(
            one => perform(Task::new(&place, "one", *one), world.clone()),
            other => perform(Task::new(&place, "other", *other), world.clone()).named("other"),
        )
        .map(|(one, other)| format!("{one}&{other}")),
        Node::Race(one, other) => {
            let first = match race!(
                one => perform(Task::new(&place, "one", *one), world.clone()),
                other => perform(Task::new(&place, "other", *other), world.clone()).named("other"),
            ) {
                one(result) => format!("one {}", told(&result)),
                other(result) => format!("other {}", told(&result)),
            };
            world.see(&format!("{place}/first"), first);
            Ok("raced".to_owned())
        }
        Node::Map {
            items,
            at_once,
            policy,
        } => {
            let tasks: Vec<_> = (0..)
                .zip(items)
                .map(|(number, node): (u32, Node)| Task::new(&place, number, node))
                .collect();
            let world = &world;
            let batch = map(&tasks, |task| async move {
                perform(task.clone(), world.clone()).await
            })
            .concurrency(at_once);
            match policy {
                Policy::FirstFailure => batch.await.map(|all| all.join(";")),
                Policy::All => {
                    let all = batch.settled().await;
                    let each = all.items().iter().map(|item| match &item.result {
                        Some(Ok(text)) => format!("ok({text})"),
                        Some(Err(error)) => format!("err({error})"),
                        None => "none".to_owned(),
                    });
                    Ok(each.collect::<Vec<_>>().join(";"))
                }
                Policy::OneSuccess => {
                    let all = batch.settled().min_successful(1).await;
                    Ok(all.reason().to_string())
                }
                Policy::OneFailure => {
                    let all = batch.settled().tolerate_failures(1).await;
                    Ok(all.reason().to_string())
                }
            }
        }
        Node::Child { node, flat } => {
            let task = Task::new(&place, "child", *node);
            let inner = || async { perform(task.clone(), world.clone()).await };
            if flat {
                child("flat", inner).flat().await
            } else {
                child("child", inner).await
            }
        }
        Node::Invoke(node) => {
            let task = Task::new(&place, "invoked", *node);
            invoke::<String>("perform", &task)
                .await
                .map_err(|error| Error::with_type("Invoked", error.to_string()))
        }
        Node::InvokeAgain { node, rounds } => {
            let rounds = Rounds {
                task: Task::new(&place, "again", *node),
                left: rounds,
            };
            invoke::<String>("perform_again", &rounds)
                .await
                .map_err(|error| Error::with_type("Invoked", error.to_string()))
        }
        Node::Retry { node, attempts } => {
            let (place, world, node) = (&place, &world, &node);
            retry_block("again", || async {
                // Each attempt is another place: its operations are others.
                let task = Task::new(place, uuid(), Node::clone(node));
                perform(task, world.clone()).await
            })
            .retry(limited(attempts))
            .await
        }
        Node::Forgiven(node) => {
            let inner = perform(Task::new(&place, "forgiven", *node), world.clone()).await;
            Ok(format!("forgiven {}", told(&inner)))
        }
    };
    world.see(&place, told(&result));
    result
}

/// Performs it in as many executions as there are rounds, and once more.
#[durable_workflow]
pub(crate) async fn perform_again(rounds: Rounds, #[state] world: World) -> Result<String> {
    let Rounds { task, left } = rounds;
    let done = perform(task.clone(), world.clone()).await?;
    if left == 0 {
        return Ok(done);
    }
    let next = Rounds {
        task: Task::new(&task.place, "next", task.node),
        left: left - 1,
    };
    return restart(next).await;
}
