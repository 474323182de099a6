//! Branches, children, called workflows: to whom their compensations belong.

use durable_engine::{RunError, TestEngine};
use durable_runtime::prelude::*;
use durable_runtime::wire::ErrorObject;
use serde::{Deserialize, Serialize};

use crate::common::{Journal, MODES, lines};
use crate::{Booking, book, cancel, note, refuse, undone};

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
async fn misplaced(polls: bool, #[state] journal: Journal) -> Result<()> {
    let seat = || {
        let (on, j) = (&journal, journal.clone());
        book(on, "seat").compensate(move |seat| cancel(j, seat))
    };
    if polls {
        let unused = Booking { what: "".into() };
        poll_until(unused, |_| seat())
            .until(|seat| seat.what == "seat")
            .await?;
    } else {
        wait_for_callback::<(), _, _>(|_| seat()).await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_compensation_that_would_never_run_is_refused() {
    for polls in [false, true] {
        let (error, _, journal, ..) = failing!(|engine| engine, misplaced, polls);
        assert_eq!(error.type_name(), "CompensationMisplaced");
        let operation = if polls {
            "poll_until"
        } else {
            "wait_for_callback"
        };
        assert!(error.to_string().contains(operation), "{error}");
        assert!(journal.all().is_empty(), "nothing has run");
    }
}
