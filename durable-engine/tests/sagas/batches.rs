//! Batches, and children without a context: what their items did belongs to the workflow around.

#![allow(clippy::redundant_closure, reason = "a closure is what is tested")]

use durable_engine::{RunError, TestEngine};
use durable_runtime::prelude::*;

use crate::common::{Journal, MODES, lines};
use crate::{book, cancel, refuse, undone};

#[durable_workflow]
async fn each(flat: bool, #[state] journal: Journal) -> Result<()> {
    let rooms = ["one", "two", "three"];
    let reserve = |room: &'static str| {
        let journal = journal.clone();
        async move {
            // The first of the list finishes last.
            let seconds = if room == "one" { 30 } else { 10 };
            sleep(Duration::from_secs(seconds)).await;
            let j = journal.clone();
            book(&journal, room)
                .compensate(move |booking| cancel(j, booking))
                .await
        }
    };
    let booked = if flat {
        map(rooms, |room| reserve(room))
            .flat()
            .named("flat")
            .await?
    } else {
        map(rooms, |room| reserve(room)).await?
    };
    assert_eq!(booked.len(), 3);
    sleep(Duration::from_secs(1)).named("after").await;
    refuse(&journal, "no").await?;
    Ok(())
}

#[tokio::test]
async fn what_the_items_of_a_map_did_is_undone_in_the_order_of_the_list() {
    for (mode, set) in MODES {
        for flat in [false, true] {
            let (_, undone, ..) = failing!(set, each, flat);
            assert_eq!(
                undone,
                ["cancel three 1", "cancel two 1", "cancel one 1"],
                "{mode} {flat}"
            );
        }
    }
}

#[durable_workflow]
async fn one_fails(settled: bool, #[state] journal: Journal) -> Result<()> {
    let item = |room: &'static str| {
        let journal = journal.clone();
        async move {
            if room == "bad" {
                sleep(Duration::from_secs(20)).named("pause").await;
                refuse(&journal, "a bad room").await?;
            }
            let j = journal.clone();
            let booked = book(&journal, room);
            booked.compensate(move |room| cancel(j, room)).await?;
            if room == "long" {
                sleep(Duration::from_hours(1)).await;
            }
            Ok::<_, Error>(())
        }
    };
    if settled {
        let rooms = ["first", "bad", "last"];
        let result = map(rooms, |room| item(room))
            .settled()
            .named("settled")
            .await;
        assert_eq!(result.failure_count(), 1);
        sleep(Duration::from_secs(1)).named("after").await;
        return Err(Error::msg("one of them failed"));
    }
    map(["first", "bad", "long"], |room| item(room)).await?;
    Ok(())
}

#[tokio::test]
async fn a_batch_that_fails_leaves_what_its_other_items_did_to_be_undone() {
    for (mode, set) in MODES {
        let (error, undone, ..) = failing!(set, one_fails, false);
        assert_eq!(error.to_string(), "a bad room", "{mode}");
        assert_eq!(undone, ["cancel long 1", "cancel first 1"], "{mode}");
        let (error, undone, ..) = failing!(set, one_fails, true);
        assert_eq!(error.to_string(), "one of them failed", "{mode}");
        assert_eq!(undone, ["cancel last 1", "cancel first 1"], "{mode}");
    }
}

#[durable_workflow]
async fn flat_leg(fails: bool, #[state] journal: Journal) -> Result<()> {
    let j = journal.clone();
    book(&journal, "seat")
        .compensate(move |seat| cancel(j, seat))
        .await?;
    sleep(Duration::from_secs(1)).await;
    if fails {
        refuse(&journal, "the leg fails").await?;
    }
    Ok(())
}

#[durable_workflow]
async fn flat_journey(fails: bool, #[state] journal: Journal) -> Result<()> {
    let leg = flat_leg(fails, journal.clone()).flat().await;
    sleep(Duration::from_secs(1)).await;
    assert_eq!(leg.is_err(), fails);
    child("flat block", || async {
        let j = journal.clone();
        book(&journal, "in a block")
            .compensate(move |booking| cancel(j, booking))
            .await?;
        sleep(Duration::from_secs(1)).named("inside").await;
        Ok::<_, Error>(())
    })
    .flat()
    .await?;
    refuse(&journal, "the journey fails").await?;
    Ok(())
}

#[tokio::test]
async fn a_flat_child_is_undone_like_any_other() {
    for (mode, set) in MODES {
        let (error, undone, ..) = failing!(set, flat_journey, true);
        assert_eq!(error.to_string(), "the journey fails", "{mode}");
        assert_eq!(undone, ["cancel seat 1", "cancel in a block 1"], "{mode}");
        let (_, undone, ..) = failing!(set, flat_journey, false);
        assert_eq!(undone, ["cancel in a block 1"], "{mode}");
    }
}

#[durable_workflow]
async fn enough(flat: bool, #[state] journal: Journal) -> Result<()> {
    let journal = &journal;
    let reserve = |seconds: u64| async move {
        let j = journal.clone();
        let room = format!("room {seconds}");
        let booked = book(journal, &room);
        booked.compensate(move |room| cancel(j, room)).await?;
        sleep(Duration::from_secs(seconds)).await;
        Ok::<_, Error>(())
    };
    // The last one is given up, and stands behind those that decide.
    let rooms = [10, 20, 3_600];
    let batch = if flat {
        let batch = map(rooms, |seconds| reserve(seconds)).flat().settled();
        batch.min_successful(2).named("flat").await
    } else {
        let batch = map(rooms, |seconds| reserve(seconds)).settled();
        batch.min_successful(2).await
    };
    assert_eq!(batch.started_count(), 1);
    refuse(journal, "no").await?;
    Ok(())
}

#[tokio::test]
async fn an_item_that_a_replay_gives_up_before_it_comes_to_it_is_undone_too() {
    for (mode, set) in MODES {
        for flat in [false, true] {
            let (_, undone, ..) = failing!(set, enough, flat);
            assert_eq!(
                undone,
                ["cancel room 3600 1", "cancel room 20 1", "cancel room 10 1"],
                "{mode} {flat}"
            );
        }
    }
}
