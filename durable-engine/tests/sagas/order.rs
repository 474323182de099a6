//! What is undone, in which order, and what becomes of the error.

use durable_engine::{RunError, TestEngine};
use durable_runtime::prelude::*;

use crate::common::{Journal, MODES, lines};
use crate::{book, cancel, refuse, typed_cancel, undone};

#[durable_workflow]
pub(crate) async fn trip(#[state] journal: Journal) -> Result<()> {
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

#[durable_workflow(name = "golden")]
async fn golden(#[state] journal: Journal) -> Result<()> {
    for round in 0..2 {
        let j = journal.clone();
        let booked = book(&journal, "hotel").compensate(move |hotel| cancel(j, hotel));
        if round == 0 {
            booked.await?;
        } else {
            booked.named("keyed").keyed("k").await?;
        }
    }
    refuse(&journal, "no").await?;
    Ok(())
}

/// Running executions hold these ids, so they never change.
#[tokio::test]
async fn the_ids_of_compensations_are_frozen() {
    let (_, _, _, _, run) = failing!(|engine| engine, golden, ());
    let history = run.history().await.unwrap();
    let ids: Vec<String> = history
        .iter()
        .map(|event| serde_json::to_value(event).unwrap())
        .filter(|event| event["EventType"] == "StepStarted" && event["Name"] == "cancel")
        .map(|event| event["Id"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(
        ids,
        [
            "6db76334abc61f4b7dabca3d50eb96995451afe282c6b391eaea3b6fafe00077",
            "cc5b805211e4c3834705941d6a6697007656072c8fdba78a0164e51e0eaa66da"
        ]
    );
}
