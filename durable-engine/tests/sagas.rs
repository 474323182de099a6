//! Sagas: a workflow that fails undoes what it did, in every mode the same, and across crashes in the middle of it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, in its helpers too"
)]

mod common;

use common::{Journal, MODES, lines};
use durable_engine::{Run, RunError, TestEngine};
use durable_runtime::prelude::*;
use durable_runtime::wire::ErrorObject;
use serde::{Deserialize, Serialize};

/// Not `Clone`: what a compensation gets is read from the record.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Booking {
    what: String,
}

#[step]
async fn book(journal: &Journal, what: &str) -> Result<Booking> {
    journal.note(format!("book {what}"));
    Ok(Booking { what: what.into() })
}

#[step]
async fn note(journal: &Journal, what: &str) {
    journal.note(what);
}

#[step(retry = none)]
async fn refuse(journal: &Journal, why: &str) -> Result<Booking> {
    journal.note("refuse");
    Err(Error::with_type("Refused", why).with_data(&42))
}

#[step(retry = exponential(max_attempts = 3, initial_delay = "10s", jitter = "none"))]
async fn cancel(cx: &StepContext, journal: Journal, booking: Booking) -> Result<()> {
    let Booking { what } = booking;
    let attempt = cx.attempt();
    journal.note(format!("cancel {what} {attempt}"));
    match &*what {
        "stubborn" => Err(Error::with_type("Stubborn", "no way")),
        "slow" if attempt < 3 => Err(Error::msg("not yet")),
        "panicky" => panic!("boom"),
        _ => Ok(()),
    }
}

#[step(retry = none)]
async fn typed_cancel(_booking: Booking) -> Result<(), String> {
    panic!("there is no room for this in a String")
}

fn undone(journal: &Journal) -> Vec<String> {
    let all = journal.all().into_iter();
    let mut undone: Vec<_> = all.filter(|noted| noted.starts_with("cancel")).collect();
    // An attempt that a crash cut off is made again.
    undone.dedup();
    undone
}

macro_rules! failing {
    ($set:expr, $workflow:path, $input:expr) => {{
        let journal = Journal::default();
        let engine = TestEngine::builder()
            .register($workflow)
            .state(journal.clone());
        let engine = $set(engine).start().await.unwrap();
        let run = engine.start($workflow, $input).id("one").await.unwrap();
        let error = match run.result().await.unwrap_err() {
            RunError::Workflow(error) => error,
            other => panic!("{other:?}: {:?}", lines(&run).await),
        };
        (error, undone(&journal), journal, engine, run)
    }};
}

#[durable_workflow]
async fn trip(#[state] journal: Journal) -> Result<()> {
    let (j, k) = (journal.clone(), journal.clone());
    let hotel = book(&journal, "hotel")
        .compensate(move |hotel| cancel(j, hotel))
        .await?;
    assert_eq!(hotel.what, "hotel");
    for nights in 0..2 {
        let journal = journal.clone();
        book(&journal.clone(), &format!("slow night {nights}"))
            .named("night")
            .compensate(move |night| cancel(journal, night).label(format!("undo night {nights}")))
            .await?;
    }
    sleep(Duration::from_secs(1)).await;
    book(&journal, "slow")
        .named("flight")
        .compensate(move |flight| async move {
            sleep(Duration::from_secs(5)).named("before").await;
            cancel(k, flight).named("cancel the flight").await
        })
        .await?;
    refuse(&journal, "no insurance").await?;
    Ok(())
}

#[tokio::test]
async fn what_was_done_is_undone_in_reverse_and_the_error_is_the_workflows_own() {
    for (mode, set) in MODES {
        let (error, undone, journal, _, run) = failing!(set, trip, ());
        assert_eq!(
            undone,
            [
                "cancel slow 1",
                "cancel slow 2",
                "cancel slow 3",
                "cancel slow night 1 1",
                "cancel slow night 0 1",
                "cancel hotel 1"
            ],
            "{mode}"
        );
        assert_eq!(error.type_name(), "Refused", "{mode}");
        assert_eq!(error.to_string(), "no insurance", "{mode}");
        assert_eq!(error.data::<u32>(), Some(42), "{mode}");
        assert!(error.compensation_failures().is_empty(), "{mode}");
        assert_eq!(journal.count("book hotel"), 1, "{mode}");
        let lines = lines(&run).await;
        let succeeded: Vec<_> = lines
            .iter()
            .filter_map(|line| line.strip_prefix("StepSucceeded "))
            .map(|line| line.split(" {").next().unwrap())
            .collect();
        assert_eq!(
            succeeded,
            [
                "book",
                "night",
                "night",
                "flight",
                "cancel the flight null",
                "undo night 1 null",
                "undo night 0 null",
                "cancel null"
            ],
            "{mode}: {lines:#?}"
        );
    }
}

#[durable_workflow]
async fn well(#[state] journal: Journal) -> Result<String> {
    let j = journal.clone();
    let done = book(&journal, "hotel")
        .compensate(move |hotel| cancel(j, hotel))
        .await?;
    let lost = refuse(&journal, "an error that is not returned").await;
    assert!(lost.is_err());
    Ok(done.what)
}

#[tokio::test]
async fn nothing_is_undone_when_the_workflow_succeeds() {
    for (mode, set) in MODES {
        let journal = Journal::default();
        let engine = TestEngine::builder().register(well).state(journal.clone());
        let engine = set(engine).start().await.unwrap();
        let run = engine.start(well, ()).await.unwrap();
        assert_eq!(run.result().await.unwrap(), "hotel", "{mode}");
        assert!(undone(&journal).is_empty(), "{mode}");
    }
}

#[durable_workflow]
async fn partly(#[state] journal: Journal) -> Result<()> {
    for what in ["first", "stubborn", "middle", "panicky", "last"] {
        let j = journal.clone();
        book(&journal, what)
            .keyed(what)
            .label(what)
            .compensate(move |booking| cancel(j, booking))
            .await?;
    }
    book(&journal, "typed")
        .named("typed")
        .compensate(typed_cancel)
        .await?;
    let j = journal.clone();
    book(&journal, "closure")
        .named("closure")
        .compensate(move |booking| {
            j.note("cancel in a closure that panics");
            assert_eq!(booking.what, "another");
            cancel(j, booking)
        })
        .await?;
    Err(Error::msg("the original").context("around it"))
}

#[tokio::test]
async fn what_can_not_be_undone_is_named_and_keeps_nothing_else_from_being_undone() {
    for (mode, set) in MODES {
        let (error, undone, _, _, run) = failing!(set, partly, ());
        let last: Vec<_> = undone
            .iter()
            .filter(|noted| noted.ends_with(" 1"))
            .collect();
        assert_eq!(
            last,
            [
                "cancel last 1",
                "cancel panicky 1",
                "cancel middle 1",
                "cancel stubborn 1",
                "cancel first 1"
            ],
            "{mode}"
        );
        assert_eq!(error.to_string(), "around it", "{mode}");
        assert_eq!(
            error.chain().collect::<Vec<_>>(),
            ["the original"],
            "{mode}"
        );
        let failures: Vec<_> = error
            .compensation_failures()
            .iter()
            .map(|failure| (&*failure.name, failure.error.error_type.as_deref().unwrap()))
            .collect();
        assert_eq!(
            failures,
            [
                ("closure", "CompensationPanicked"),
                ("typed", "Step.Panicked"),
                ("panicky", "StepFault"),
                ("stubborn", "Stubborn"),
            ],
            "{mode}"
        );
        let history = run.history().await.unwrap();
        let end = serde_json::to_value(history.last().unwrap()).unwrap();
        let trace = &end["ExecutionFailedDetails"]["Error"]["Payload"]["StackTrace"];
        assert_eq!(trace[0], "the original", "{mode}: {end}");
        assert!(
            trace[4].as_str().unwrap().contains(r#""Name":"stubborn""#),
            "{mode}: {end}"
        );
    }
}

#[durable_workflow]
async fn together(#[state] journal: Journal) -> Result<()> {
    let reserve = |what: &'static str| {
        let j = journal.clone();
        book(&journal, what).compensate(move |booking| cancel(j, booking))
    };
    reserve("before").named("before").await?;
    let (slow, quick) = join!(
        slow => async {
            sleep(Duration::from_secs(10)).await;
            reserve("late").named("late").await?;
            reserve("later").named("later").await
        },
        quick => reserve("early").named("early"),
    );
    slow?;
    quick?;
    reserve("after").named("after").await?;
    refuse(&journal, "no").await?;
    Ok(())
}

#[tokio::test]
async fn branches_are_undone_by_their_place_in_the_text_whichever_finished_first() {
    for (mode, set) in MODES {
        let (_, undone, ..) = failing!(set, together, ());
        assert_eq!(
            undone,
            [
                "cancel after 1",
                "cancel early 1",
                "cancel later 1",
                "cancel late 1",
                "cancel before 1"
            ],
            "{mode}"
        );
    }
}

#[durable_workflow]
async fn abandoned(how: String, #[state] journal: Journal) -> Result<()> {
    let reserve = |what: &'static str| {
        let j = journal.clone();
        book(&journal, what).compensate(move |booking| cancel(j, booking))
    };
    if how == "race" {
        let raced = race!(
            waits => async {
                reserve("loser").named("loser").await?;
                sleep(Duration::from_hours(1)).await;
                reserve("never").named("never").await
            },
            wins => async {
                sleep(Duration::from_secs(5)).named("short").await;
                reserve("winner").named("winner").await
            },
        );
        assert!(matches!(raced, durable_runtime::Race2::Second(Ok(_))));
    } else {
        try_join!(
            works => async {
                reserve("done").named("done").await?;
                child("inner", || async {
                    reserve("inside").named("inside").await?;
                    sleep(Duration::from_hours(1)).named("long").await;
                    Ok::<_, Error>(())
                })
                .await?;
                reserve("not reached").named("not reached").await
            },
            fails => async {
                sleep(Duration::from_secs(5)).named("five").await;
                refuse(&journal, "the branch fails").await
            },
        )?;
    }
    sleep(Duration::from_secs(1)).named("then").await;
    refuse(&journal, "and then").named("and then").await?;
    Ok(())
}

#[tokio::test]
async fn what_abandoned_branches_did_is_undone_too() {
    for (mode, set) in MODES {
        let (_, undone, _, engine, _) = failing!(set, abandoned, "race".to_owned());
        assert_eq!(undone, ["cancel winner 1", "cancel loser 1"], "{mode}");
        assert!(engine.elapsed() < Duration::from_mins(10), "{mode}");
        let (error, undone, ..) = failing!(set, abandoned, "try".to_owned());
        assert_eq!(undone, ["cancel inside 1", "cancel done 1"], "{mode}");
        assert_eq!(error.to_string(), "the branch fails", "{mode}");
    }
}

#[durable_workflow]
async fn blocks(fails_inside: bool, #[state] journal: Journal) -> Result<()> {
    let reserve = |what: &'static str| {
        let j = journal.clone();
        book(&journal, what).compensate(move |booking| cancel(j, booking))
    };
    reserve("outside").named("outside").await?;
    let inside = child("block", || async {
        reserve("inside").named("inside").await?;
        child("deeper", || reserve("slow").named("slow")).await?;
        sleep(Duration::from_secs(1)).await;
        if fails_inside {
            refuse(&journal, "inside").named("refuse inside").await?;
        }
        Ok::<_, Error>("done".to_owned())
    })
    .await;
    sleep(Duration::from_secs(1)).named("between").await;
    assert_eq!(inside?, "done");
    refuse(&journal, "outside").await?;
    Ok(())
}

#[tokio::test]
async fn inline_children_belong_to_the_workflow_around_them() {
    for (mode, set) in MODES {
        for fails_inside in [false, true] {
            let (error, undone, ..) = failing!(set, blocks, fails_inside);
            assert_eq!(
                undone,
                [
                    "cancel slow 1",
                    "cancel slow 2",
                    "cancel slow 3",
                    "cancel inside 1",
                    "cancel outside 1"
                ],
                "{mode} {fails_inside}"
            );
            let expected = if fails_inside { "inside" } else { "outside" };
            assert_eq!(error.to_string(), expected, "{mode}");
        }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, thiserror::Error)]
enum LegError {
    #[error("no seat")]
    NoSeat,
    #[error("{0}")]
    Other(String),
}

impl From<Error> for LegError {
    fn from(error: Error) -> Self {
        Self::Other(error.to_string())
    }
}

#[durable_workflow]
async fn leg(fails: bool, #[state] journal: Journal) -> Result<String, LegError> {
    let j = journal.clone();
    book(&journal, "seat")
        .compensate(move |seat| cancel(j, seat))
        .await?;
    let j = journal.clone();
    book(&journal, "stubborn")
        .named("meal")
        .compensate(move |meal| cancel(j, meal))
        .await?;
    sleep(Duration::from_secs(1)).await;
    if fails {
        return Err(LegError::NoSeat);
    }
    Ok("leg".to_owned())
}

#[durable_workflow]
async fn journey(fails: bool, #[state] journal: Journal) -> Result<String> {
    let j = journal.clone();
    book(&journal, "insurance")
        .compensate(move |insurance| cancel(j, insurance))
        .await?;
    match leg(fails, journal.clone()).await {
        Err(LegError::NoSeat) => {
            note(&journal, "cancel: the leg has undone itself").await;
            sleep(Duration::from_secs(1)).await;
        }
        other => assert_eq!(other.unwrap(), "leg"),
    }
    refuse(&journal, "the journey fails").await?;
    Ok(String::new())
}

#[tokio::test]
async fn a_called_workflow_undoes_what_it_did_itself_when_it_fails() {
    for (mode, set) in MODES {
        let (error, undone, _, _, run) = failing!(set, journey, true);
        let at = undone
            .iter()
            .position(|noted| noted == "cancel: the leg has undone itself")
            .unwrap();
        assert_eq!(undone[at - 1], "cancel seat 1", "{mode}: {undone:?}");
        assert_eq!(undone.last().unwrap(), "cancel insurance 1", "{mode}");
        assert!(
            error.compensation_failures().is_empty(),
            "{mode}: its own undoing went well"
        );
        let history = run.history().await.unwrap();
        let failed = history
            .iter()
            .map(|event| serde_json::to_value(event).unwrap())
            .find(|event| event["EventType"] == "ContextFailed")
            .unwrap();
        let recorded: ErrorObject =
            serde_json::from_value(failed["ContextFailedDetails"]["Error"]["Payload"].clone())
                .unwrap();
        assert_eq!(recorded.error_type.as_deref(), Some("LegError"));
        let read = Error::from(recorded);
        assert_eq!(read.compensation_failures()[0].name, "meal", "{mode}");

        let (_, undone, ..) = failing!(set, journey, false);
        assert_eq!(
            undone,
            ["cancel insurance 1"],
            "{mode}: what a called workflow completed is its caller's to undo"
        );
    }
}

#[durable_workflow]
async fn long_leg(#[state] journal: Journal) -> Result<()> {
    let j = journal.clone();
    book(&journal, "seat")
        .compensate(move |seat| cancel(j, seat))
        .await?;
    sleep(Duration::from_hours(9)).await;
    Ok(())
}

#[durable_workflow]
async fn gives_up(#[state] journal: Journal) -> Result<()> {
    try_join!(long_leg(journal.clone()), fails => async {
        sleep(Duration::from_secs(5)).await;
        refuse(&journal, "no").await
    })?;
    Ok(())
}

#[tokio::test]
async fn a_called_workflow_that_was_given_up_leaves_what_it_did_to_its_caller() {
    for (mode, set) in MODES {
        let (_, undone, ..) = failing!(set, gives_up, ());
        assert_eq!(undone, ["cancel seat 1"], "{mode}");
    }
}

#[durable_workflow]
async fn panicking(#[state] journal: Journal) -> Result<()> {
    let j = journal.clone();
    book(&journal, "hotel")
        .compensate(move |hotel| cancel(j, hotel))
        .await?;
    panic!("a bug");
}

#[tokio::test]
async fn a_bug_undoes_nothing() {
    for (mode, set) in MODES {
        let (error, undone, ..) = failing!(set, panicking, ());
        assert_eq!(error.type_name(), "WorkflowPanicked", "{mode}");
        assert!(undone.is_empty(), "{mode}");
    }
}

#[tokio::test]
async fn a_crash_of_the_engine_in_the_middle_of_undoing_goes_on_where_it_was() {
    let journal = Journal::default();
    let engine = TestEngine::builder().register(trip).state(journal.clone());
    let mut engine = engine.start().await.unwrap();
    engine.start(trip, ()).id("one").await.unwrap();
    // Between two attempts of a compensation, in real time: nobody waits, so virtual time moves by hand.
    for _ in 0..200 {
        engine.advance(Duration::from_secs(1));
        for _ in 0..20 {
            tokio::task::yield_now().await;
        }
        if journal.count("cancel slow 2") == 1 {
            break;
        }
    }
    assert_eq!(journal.count("cancel slow 2"), 1, "{:?}", journal.all());
    engine = engine
        .crash()
        .register(trip)
        .state(journal.clone())
        .start()
        .await
        .unwrap();
    let run: Run<trip> = engine.run(trip, "one").await.unwrap();
    assert!(run.result().await.is_err());
    assert_eq!(journal.count("cancel slow 3"), 1);
    assert_eq!(journal.count("cancel hotel 1"), 1);
    assert_eq!(journal.count("book hotel"), 1);
}

/// A deploy that no longer fails where its predecessor did must not go on with what was undone.
mod before {
    use super::*;

    #[durable_workflow(name = "deployed")]
    pub(super) async fn deployed(#[state] journal: Journal) -> Result<()> {
        let j = journal.clone();
        let slow = book(&journal, "slow");
        slow.compensate(move |slow| cancel(j, slow)).await?;
        Err(Error::msg("fails"))
    }
}

#[durable_workflow]
async fn deployed(#[state] journal: Journal) -> Result<()> {
    let j = journal.clone();
    let slow = book(&journal, "slow");
    slow.compensate(move |slow| cancel(j, slow)).await?;
    book(&journal, "more").named("more").await?;
    Ok(())
}

#[tokio::test]
async fn code_that_goes_on_after_something_was_undone_is_divergence() {
    let journal = Journal::default();
    let engine = TestEngine::builder()
        .register(before::deployed)
        .state(journal.clone());
    let engine = engine.start().await.unwrap();
    engine.start(before::deployed, ()).id("one").await.unwrap();
    while journal.count("cancel slow 1") == 0 {
        tokio::task::yield_now().await;
    }
    let engine = engine
        .crash()
        .register(deployed)
        .state(journal.clone())
        .start()
        .await
        .unwrap();
    let run: Run<deployed> = engine.run(deployed, "one").await.unwrap();
    let error = run.result().await.unwrap_err();
    assert!(matches!(error, RunError::Diverged(_)), "{error:?}");
    assert_eq!(journal.count("book more"), 0);
}
