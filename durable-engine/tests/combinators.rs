//! `join!`, `try_join!`, `race!`, children, loops and values.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, in its helpers too"
)]

mod common;

use common::{Journal, lines};
use durable_engine::{RunError, TestEngine};
use durable_runtime::Race2;
use durable_runtime::prelude::*;
use serde::{Deserialize, Serialize};

#[step(retry = none)]
async fn work(journal: &Journal, name: &str) -> Result<String> {
    journal.note(name);
    if name.starts_with("bad") {
        Err(Error::msg(format!("{name} failed")))
    } else {
        Ok(name.to_owned())
    }
}

#[durable_workflow]
async fn early_error(#[state] journal: Journal) -> Result<String> {
    let joined = try_join!(
        patient => async {
            sleep(Duration::from_hours(1)).await;
            work(&journal, "patient").named("patient").await
        },
        work(&journal, "bad").named("bad"),
    );
    let error = joined.map(|_| ()).unwrap_err();
    sleep(Duration::from_secs(1)).named("after").await;
    Ok(error.to_string())
}

#[tokio::test]
async fn try_join_records_its_decision_when_a_branch_fails_while_another_runs() {
    for evict in [false, true] {
        let journal = Journal::default();
        let mut builder = TestEngine::builder()
            .register(early_error)
            .state(journal.clone());
        if evict {
            builder = builder.evict_always();
        }
        let engine = builder.start().await.unwrap();
        let run = engine.start(early_error, ()).await.unwrap();
        assert_eq!(run.result().await.unwrap(), "bad failed");
        assert_eq!(
            engine.elapsed(),
            Duration::from_secs(1),
            "nobody waited for the patient branch"
        );
        assert_eq!(journal.all(), ["bad"]);
        let lines = lines(&run).await;
        assert!(
            lines.contains(&r#"StepSucceeded try_join {"branch":"bad","v":1}"#.to_owned()),
            "{lines:#?}"
        );
    }
}

#[durable_workflow]
async fn races_in_a_loop(#[state] journal: Journal) -> Result<Vec<String>> {
    let mut winners = Vec::new();
    for minutes in [1_u64, 10, 3] {
        let raced = race!(
            short => sleep(Duration::from_mins(minutes)),
            steady => async {
                sleep(Duration::from_mins(5)).await;
                work(&journal, "steady").keyed(minutes).await
            },
        );
        winners.push(match raced {
            Race2::First(()) => format!("{minutes} first"),
            Race2::Second(name) => format!("{minutes} after {}", name?),
        });
    }
    Ok(winners)
}

#[tokio::test]
async fn a_race_in_a_loop_decides_each_round_for_itself() {
    for evict in [false, true] {
        let journal = Journal::default();
        let mut builder = TestEngine::builder()
            .register(races_in_a_loop)
            .state(journal.clone());
        if evict {
            builder = builder.evict_always();
        }
        let engine = builder.start().await.unwrap();
        let run = engine.start(races_in_a_loop, ()).await.unwrap();
        assert_eq!(
            run.result().await.unwrap(),
            ["1 first", "10 after steady", "3 first"]
        );
        assert_eq!(engine.elapsed(), Duration::from_mins(1 + 5 + 3));
        assert_eq!(journal.all(), ["steady"]);
        let lines = lines(&run).await;
        let count = |what: &str| lines.iter().filter(|line| line.starts_with(what)).count();
        assert_eq!(count("WaitStarted"), 6);
        assert_eq!(
            count("WaitCancelled"),
            2,
            "the last one ends with the workflow: {lines:#?}"
        );
        assert_eq!(
            count("InvocationCompleted"),
            4,
            "no invocation for a wait that nobody waits for"
        );
    }
}

#[durable_workflow]
async fn labels(who: String, #[state] journal: Journal) -> Result<String> {
    match race!(answered => work(&journal, &who), late => sleep(Duration::from_secs(5))) {
        answered(Ok(name)) => Ok(format!("{name} answered")),
        answered(Err(error)) => Err(error.context("no answer")),
        late(()) => Ok("late".to_owned()),
    }
}

#[tokio::test]
async fn a_match_on_a_race_uses_the_labels_as_patterns() {
    let journal = Journal::default();
    let engine = TestEngine::builder()
        .register(labels)
        .state(journal)
        .start()
        .await
        .unwrap();
    let run = engine.start(labels, "ada".to_owned()).await.unwrap();
    assert_eq!(run.result().await.unwrap(), "ada answered");
    let error = engine
        .start(labels, "bad".to_owned())
        .await
        .unwrap()
        .result()
        .await
        .unwrap_err();
    let RunError::Workflow(error) = error else {
        panic!("{error}")
    };
    assert_eq!(format!("{error:#}"), "no answer: bad failed");
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, thiserror::Error)]
#[error("stage {stage}: {why}")]
struct StageError {
    stage: u32,
    why: String,
}

#[durable_workflow]
async fn stage(number: u32, #[state] journal: Journal) -> Result<u32, StageError> {
    let worked = work(&journal, if number == 3 { "bad" } else { "good" }).await;
    sleep(Duration::from_secs(1)).await;
    match worked {
        Ok(_) => Ok(number * 2),
        Err(why) => Err(StageError {
            stage: number,
            why: why.to_string(),
        }),
    }
}

#[durable_workflow]
async fn stages(#[state] journal: Journal) -> Result<(u32, String)> {
    let mut sum = 0;
    let mut failed = String::new();
    for number in 1..=3 {
        match stage(number, journal.clone()).keyed(number).await {
            Ok(value) => sum += value,
            Err(StageError { stage, why }) => failed = format!("{stage} {why}"),
        }
    }
    let pair = join!(
        first => child("first", || async { stage(10, journal.clone()).named("ten").await }),
        second => stage(20, journal.clone()).named("twenty"),
    );
    sum += pair.0? + pair.1?;
    Ok((sum, failed))
}

#[tokio::test]
async fn children_have_scopes_of_their_own_and_typed_errors() {
    for evict in [false, true] {
        let journal = Journal::default();
        let mut builder = TestEngine::builder()
            .register(stages)
            .state(journal.clone());
        if evict {
            builder = builder.evict_always();
        }
        let engine = builder.start().await.unwrap();
        let run = engine.start(stages, ()).await.unwrap();
        assert_eq!(
            run.result().await.unwrap(),
            (2 + 4 + 20 + 40, "3 bad failed".to_owned())
        );
        assert_eq!(journal.all(), ["good", "good", "bad", "good", "good"]);
        assert_eq!(
            engine.elapsed(),
            Duration::from_secs(3 + 1),
            "the last two sleep side by side"
        );
    }
}

#[durable_workflow]
async fn countdown(from: u32, #[state] journal: Journal) -> Result<u32> {
    work(&journal, "tick").await?;
    if from == 0 {
        Ok(0)
    } else {
        Ok(1 + Box::pin(countdown(from - 1, journal.clone())).await?)
    }
}

#[tokio::test]
async fn a_workflow_may_call_itself_through_a_box() {
    let journal = Journal::default();
    let engine = TestEngine::builder()
        .register(countdown)
        .state(journal.clone())
        .start()
        .await
        .unwrap();
    let run = engine.start(countdown, 5).await.unwrap();
    assert_eq!(run.result().await.unwrap(), 5);
    assert_eq!(journal.count("tick"), 6);
}

#[step]
async fn blob(bytes: usize) -> Result<String> {
    Ok("x".repeat(bytes))
}

#[durable_workflow]
async fn large_child(#[state] journal: Journal) -> Result<usize> {
    let text = child("large", || async {
        journal.note("built");
        let a = blob(150_000).named("a").await?;
        let b = blob(150_000).named("b").await?;
        Ok::<_, Error>(a + &b)
    })
    .await?;
    sleep(Duration::from_secs(1)).await;
    Ok(text.len())
}

#[tokio::test]
async fn a_childs_large_result_is_rebuilt_from_its_children() {
    let journal = Journal::default();
    let engine = TestEngine::builder()
        .register(large_child)
        .state(journal.clone())
        .evict_always()
        .start()
        .await
        .unwrap();
    let run = engine.start(large_child, ()).await.unwrap();
    assert_eq!(run.result().await.unwrap(), 300_000);
    assert_eq!(
        journal.all(),
        ["built", "built"],
        "once live, once on replay"
    );
    assert_eq!(
        lines(&run)
            .await
            .iter()
            .filter(|line| line.starts_with("ContextSucceeded"))
            .count(),
        1
    );
}

#[durable_workflow]
async fn huge(bytes: usize) -> Result<String> {
    Ok("x".repeat(bytes))
}

#[tokio::test]
async fn a_workflows_large_result_is_checkpointed_and_a_larger_one_fails() {
    let engine = TestEngine::builder().register(huge).start().await.unwrap();
    let fits = 6 * 1024 * 1024 - 10;
    let run = engine.start(huge, fits).await.unwrap();
    assert_eq!(run.result().await.unwrap().len(), fits);
    let error = engine
        .start(huge, 7_000_000)
        .await
        .unwrap()
        .result()
        .await
        .unwrap_err()
        .to_string();
    for part in ["`huge`", "7000002", "6291456"] {
        assert!(error.contains(part), "{part} is missing: {error}");
    }
}

#[durable_workflow]
async fn waves(#[state] journal: Journal) -> Result<String> {
    let (a, b, c) = join!(
        work(&journal, "a").named("a"),
        work(&journal, "b").named("b"),
        work(&journal, "c").named("c")
    );
    Ok(a? + &b? + &c?)
}

#[tokio::test]
async fn parallel_steps_share_a_checkpoint_and_join_adds_no_operation() {
    let journal = Journal::default();
    let engine = TestEngine::builder()
        .register(waves)
        .state(journal)
        .start()
        .await
        .unwrap();
    let run = engine.start(waves, ()).await.unwrap();
    assert_eq!(run.result().await.unwrap(), "abc");
    let lines = lines(&run).await;
    assert_eq!(
        lines.iter().filter(|line| line.starts_with("Step")).count(),
        6,
        "{lines:#?}"
    );
    assert_eq!(lines.len(), 1 + 6 + 2);
}

#[durable_workflow]
async fn beside_a_failure(#[state] journal: Journal) -> Result<String> {
    let (_, right) = join!(
        left => async {
            try_join!(
                done => async { work(&journal, "done").await },
                runs => async {
                    sleep(Duration::from_hours(1)).named("runs").await;
                    Ok(String::new())
                },
                fails => async {
                    sleep(Duration::from_secs(5)).named("fails").await;
                    work(&journal, "bad").named("bad").await
                },
            )
        },
        right => async {
            sleep(Duration::from_secs(1)).named("first").await;
            child("inside", || async {
                sleep(Duration::from_secs(10)).named("then").await;
                work(&journal, "inside").named("inside work").await
            })
            .await
        },
    );
    right
}

#[tokio::test]
async fn a_failure_ends_its_own_branches_and_nothing_that_was_opened_since() {
    let journal = Journal::default();
    let engine = TestEngine::builder()
        .register(beside_a_failure)
        .state(journal.clone())
        .start()
        .await
        .unwrap();
    let run = engine.start(beside_a_failure, ()).await.unwrap();
    assert_eq!(run.result().await.unwrap(), "inside");
}
