//! Bugs, crashes, deploys and slow codecs in the middle of undoing.

use durable_engine::{Run, RunError, TestEngine};
use durable_runtime::prelude::*;
use durable_runtime::{Codec, CodecError, CodecFuture, PayloadContext};

use crate::common::{Journal, MODES, lines};
use crate::order::trip;
use crate::{book, cancel, note, refuse, undone};

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

/// Takes its time, and marks what it writes.
struct Slow;

impl Codec for Slow {
    fn encode<'a>(&'a self, payload: String, _: PayloadContext<'a>) -> CodecFuture<'a> {
        Box::pin(async move { Ok(format!("slow:{payload}")) })
    }
    fn decode<'a>(&'a self, recorded: String, _: PayloadContext<'a>) -> CodecFuture<'a> {
        Box::pin(async move {
            for _ in 0..3 {
                tokio::task::yield_now().await;
            }
            let payload = recorded.strip_prefix("slow:");
            payload
                .map(|payload| payload.replace("hotel", "decoded hotel"))
                .ok_or_else(|| CodecError::msg("not written by this codec"))
        })
    }
}

#[durable_workflow(codec = Slow)]
async fn encoded(#[state] journal: Journal) -> Result<()> {
    let reserve = |what: &'static str| {
        let j = journal.clone();
        book(&journal, what).compensate(move |booking| cancel(j, booking))
    };
    reserve("own hotel").named("own").codec(Slow).await?;
    try_join!(
        works => async {
            reserve("hotel one").named("one").await?;
            reserve("hotel two").named("two").await?;
            sleep(Duration::from_hours(1)).await;
            Ok::<_, Error>(())
        },
        fails => async {
            sleep(Duration::from_secs(5)).named("five").await;
            refuse(&journal, "the branch fails").await
        },
    )?;
    Ok(())
}

#[tokio::test]
async fn a_compensation_gets_what_the_codec_reads_and_a_replay_waits_for_it() {
    for (mode, set) in MODES {
        let (_, undone, ..) = failing!(set, encoded, ());
        assert_eq!(
            undone,
            [
                "cancel decoded hotel two 1",
                "cancel decoded hotel one 1",
                "cancel own decoded hotel 1"
            ],
            "{mode}"
        );
    }
}

#[durable_workflow(codec = Slow)]
async fn side_by_side(#[state] journal: Journal) -> Result<()> {
    let reserve = |what: &'static str| {
        let j = journal.clone();
        book(&journal, what).compensate(move |booking| cancel(j, booking))
    };
    join!(
        left => async {
            #[id("left race")]
            let _ = race!(
                slow => async {
                    reserve("left").named("left").await?;
                    sleep(Duration::from_hours(1)).named("left hour").await;
                    Ok::<_, Error>(())
                },
                quick => sleep(Duration::from_secs(5)).named("left five"),
            );
        },
        right => async {
            #[id("right race")]
            let _ = race!(
                slow => async {
                    reserve("right").named("right").await?;
                    reserve("more").named("more").await?;
                    sleep(Duration::from_hours(1)).named("right hour").await;
                    Ok::<_, Error>(())
                },
                quick => sleep(Duration::from_secs(5)).named("right five"),
            );
        },
    );
    sleep(Duration::from_secs(1)).named("then").await;
    refuse(&journal, "no").await?;
    Ok(())
}

#[tokio::test]
async fn a_decision_that_waits_for_what_another_ones_losers_read_is_woken() {
    for (mode, set) in MODES {
        let (error, undone, ..) = failing!(set, side_by_side, ());
        assert_eq!(error.type_name(), "Refused", "{mode}");
        assert_eq!(
            undone,
            ["cancel more 1", "cancel right 1", "cancel left 1"],
            "{mode}"
        );
    }
}

#[durable_workflow]
async fn answered(#[state] journal: Journal) -> Result<()> {
    let reserve = |what: &'static str| {
        let j = journal.clone();
        book(&journal, what).compensate(move |booking| cancel(j, booking))
    };
    let callback = create_callback::<String>().codec(Slow).await?;
    note(&journal, &format!("id {}", callback.id())).await;
    step("answered", || async {
        journal.find("answered").await;
    })
    .await;
    #[id("race")]
    let _ = race!(
        slow => async {
            callback.result().await?;
            reserve("after the answer").await?;
            sleep(Duration::from_hours(1)).named("hour").await;
            Ok::<_, Error>(())
        },
        quick => sleep(Duration::from_secs(5)).named("five"),
    );
    sleep(Duration::from_secs(1)).named("then").await;
    refuse(&journal, "no").await?;
    Ok(())
}

#[tokio::test]
async fn a_callback_is_read_where_it_is_awaited_and_a_replay_waits_for_it() {
    for (mode, set) in MODES {
        let journal = Journal::default();
        let engine = TestEngine::builder()
            .register(answered)
            .state(journal.clone());
        let engine = set(engine).start().await.unwrap();
        let run = engine.start(answered, ()).await.unwrap();
        let answer = async {
            let id = journal.find("id ").await;
            let callback = engine.callback(id);
            callback.succeed_raw("slow:\"yes\"").await.unwrap();
            journal.note("answered");
        };
        let (result, ()) = tokio::join!(run.result(), answer);
        assert!(result.is_err(), "{mode}");
        assert_eq!(undone(&journal), ["cancel after the answer 1"], "{mode}");
    }
}
