//! Helpers: a part of the workflow that calls them, with no record of their own, and under every interruption the same.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, in its helpers too"
)]

mod common;

use std::time::SystemTime;

use common::{Journal, MODES, lines};
use durable_engine::{RunError, TestEngine};
use durable_runtime::prelude::*;

#[step]
async fn price(journal: &Journal, item: u32) -> Result<u32> {
    journal.note(format!("price {item}"));
    Ok(item * 10)
}

#[step]
async fn book(journal: &Journal, cents: u32) -> Result<()> {
    journal.note(format!("book {cents}"));
    Ok(())
}

#[durable_helper]
fn with_tax(cents: u32) -> u32 {
    cents + cents / 10
}

/// No record, so it may return what nobody could write down.
struct Quote<'a> {
    items: &'a [u32],
    at: SystemTime,
    cents: u32,
}

#[durable_helper]
async fn quote<'a>(journal: &Journal, items: &'a [u32]) -> Result<Quote<'a>> {
    let at = now().await;
    let mut cents = 0;
    for item in items {
        cents += with_tax(price(journal, *item).keyed(item).await?);
    }
    let (half, _) = join!(price(journal, 50).named("half"), pause => async {
        sleep(Duration::from_secs(60)).await;
        nested(journal).await
    });
    Ok(Quote {
        items,
        at,
        cents: cents + half?,
    })
}

#[durable_helper]
async fn nested(journal: &Journal) -> Result<u32> {
    let all = map(&[7, 8], |item| async move { price(journal, *item).await }).await?;
    Ok(all.len() as u32)
}

#[durable_workflow]
async fn shop(#[state] journal: Journal) -> Result<u32> {
    let one = quote(&journal, &[1, 2]).await?;
    book(&journal, one.cents).await?;
    let two = quote(&journal, &[1, 3]).named("second").await?;
    assert!(two.at >= one.at && one.items.len() == 2);
    for round in 0..2 {
        nested(&journal).named("round").keyed(round).await?;
    }
    Ok(one.cents + two.cents)
}

#[tokio::test]
async fn the_result_is_the_same_however_it_is_interrupted() {
    for (name, mode) in MODES {
        let journal = Journal::default();
        let builder = TestEngine::builder().register(shop).state(journal.clone());
        let engine = mode(builder).start().await.unwrap();
        let run = engine.start(shop, ()).id("one").await.unwrap();
        assert_eq!(run.result().await.unwrap(), 33 + 500 + 44 + 500, "{name}");
        assert_eq!(journal.count("price 1"), 2, "{name}: once for each quote");
        assert_eq!(journal.count("price 7"), 4, "{name}");
        assert_eq!(journal.count("book 533"), 1, "{name}");
    }
}

#[tokio::test]
async fn the_call_records_nothing_and_its_operations_stand_beside_the_callers() {
    let journal = Journal::default();
    let engine = TestEngine::builder()
        .register(shop)
        .state(journal)
        .start()
        .await
        .unwrap();
    let run = engine.start(shop, ()).id("one").await.unwrap();
    run.result().await.unwrap();
    let history = lines(&run).await.join("\n");
    assert!(
        !history.contains("quote") && !history.contains("second"),
        "{history}"
    );
    assert!(history.contains("half"), "{history}");
}

/// Runs `before` up to its sleep, crashes, and goes on with other code.
macro_rules! changed {
    ($before:expr => $after:expr) => {{
        let journal = Journal::default();
        let engine = TestEngine::builder()
            .register($before)
            .state(journal.clone())
            .start()
            .await
            .unwrap();
        let run = engine.start($before, ()).id("one").await.unwrap();
        while lines(&run)
            .await
            .iter()
            .all(|line| !line.contains("InvocationCompleted"))
        {
            tokio::task::yield_now().await;
        }
        let builder = engine.crash().register($after).state(journal.clone());
        let engine = builder.lenient().start().await.unwrap();
        let run = engine.run($after, "one").await.unwrap();
        let result = run.result().await;
        (result, journal)
    }};
}

#[durable_helper]
async fn pay(journal: &Journal) -> Result<u32> {
    let cents = price(journal, 5).await?;
    book(journal, cents).await?;
    Ok(cents)
}

mod before {
    use super::*;
    #[durable_workflow]
    pub(super) async fn job(#[state] journal: Journal) -> Result<u32> {
        let cents = pay(&journal).await?;
        sleep(Duration::from_hours(24)).await;
        Ok(cents)
    }
}

mod extra_in_front {
    use super::*;
    #[durable_workflow]
    pub(super) async fn job(#[state] journal: Journal) -> Result<u32> {
        price(&journal, 9).named("extra").await?;
        let cents = pay(&journal).await?;
        sleep(Duration::from_hours(24)).await;
        Ok(cents)
    }
}

#[tokio::test]
async fn an_operation_in_front_of_a_recorded_helper_runs_late() {
    let (result, journal) = changed!(before::job => extra_in_front::job);
    assert_eq!(result.unwrap(), 50);
    assert_eq!(journal.all(), ["price 5", "book 50", "price 9"]);
}

mod shortened {
    use super::*;

    #[durable_helper(name = "pay")]
    async fn pay_less(journal: &Journal) -> Result<u32> {
        let cents = price(journal, 5).await?;
        price(journal, 6).named("more").await?;
        Ok(cents)
    }

    #[durable_workflow]
    pub(super) async fn job(#[state] journal: Journal) -> Result<u32> {
        let cents = pay_less(&journal).named("pay").await?;
        sleep(Duration::from_hours(24)).await;
        Ok(cents)
    }
}

#[tokio::test]
async fn an_operation_removed_from_a_helper_is_divergence() {
    let (result, journal) = changed!(before::job => shortened::job);
    let Err(RunError::Diverged(message)) = result else {
        panic!("{result:?}")
    };
    for part in [
        "`pay`",
        "`more`",
        "`book`",
        "no longer in the code",
        "helpers.rs:",
    ] {
        assert!(message.contains(part), "{part} is not in: {message}");
    }
    assert_eq!(journal.all(), ["price 5", "book 50"]);
}

mod removed {
    use super::*;
    #[durable_workflow]
    pub(super) async fn job(#[state] journal: Journal) -> Result<u32> {
        sleep(Duration::from_hours(24)).await;
        price(&journal, 1).named("instead").await
    }
}

#[tokio::test]
async fn a_helper_that_is_no_longer_called_is_let_pass() {
    // Its records show that they are a helper's, and nobody knows that no call of it comes; the lock file does.
    let (result, journal) = changed!(before::job => removed::job);
    assert_eq!(result.unwrap(), 10);
    assert_eq!(journal.all(), ["price 5", "book 50", "price 1"]);
}

#[step]
async fn undo(journal: &Journal, what: &str) -> Result<()> {
    journal.note(format!("undo {what}"));
    Ok(())
}

#[durable_helper]
async fn reserve(journal: &Journal, item: u32) -> Result<u32> {
    let j = journal.clone();
    let cents = price(journal, item)
        .compensate(move |cents| give_back(j, cents))
        .await?;
    sleep(Duration::from_secs(5)).await;
    Ok(cents)
}

#[durable_helper]
async fn give_back(journal: Journal, cents: u32) -> Result<()> {
    undo(&journal, &cents.to_string()).await
}

#[durable_workflow]
async fn trip(#[state] journal: Journal) -> Result<u32> {
    let (one, two) = try_join!(reserve(&journal, 1), reserve(&journal, 2).named("two"))?;
    book(&journal, one + two).await?;
    Err(Error::msg("sold out"))
}

#[tokio::test]
async fn what_a_helper_registers_its_caller_undoes() {
    for (name, mode) in MODES {
        let journal = Journal::default();
        let builder = TestEngine::builder().register(trip).state(journal.clone());
        let engine = mode(builder).start().await.unwrap();
        let run = engine.start(trip, ()).id("one").await.unwrap();
        let error = run.result().await.unwrap_err().to_string();
        assert!(error.contains("sold out"), "{name}: {error}");
        for once in ["price 1", "price 2", "undo 10", "undo 20"] {
            assert_eq!(
                journal.count(once),
                1,
                "{name}: {once}: {:?}",
                journal.all()
            );
        }
    }
}

#[durable_helper]
async fn loses(journal: &Journal) -> Result<u32> {
    match race!(fast => price(journal, 3), slow => sleep(Duration::from_hours(1))) {
        fast(cents) => cents,
        slow(()) => Ok(0),
    }
}

#[durable_workflow]
async fn races(#[state] journal: Journal) -> Result<u32> {
    let (a, b) = try_join!(loses(&journal), loses(&journal).named("other"))?;
    Ok(a + b)
}

#[tokio::test]
async fn helpers_are_branches_and_hold_races() {
    for (name, mode) in MODES {
        let journal = Journal::default();
        let builder = TestEngine::builder().register(races).state(journal.clone());
        let engine = mode(builder).start().await.unwrap();
        let run = engine.start(races, ()).id("one").await.unwrap();
        assert_eq!(run.result().await.unwrap(), 60, "{name}");
        assert_eq!(journal.count("price 3"), 2, "{name}");
    }
}
