//! The list or the code is another one when an execution goes on.

use std::sync::{Arc, Mutex};

use super::*;

/// The list, as something outside decides it: what no workflow should depend on, so that a test can change it.
#[derive(Clone, Default)]
struct Shelf(Arc<Mutex<Vec<String>>>);

impl Shelf {
    fn of(items: &[&str]) -> Self {
        Self(Arc::new(Mutex::new(names(items))))
    }

    fn items(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

mod keyed {
    use super::*;
    #[durable_workflow(name = "stock")]
    pub(super) async fn stock(
        #[state] journal: Journal,
        #[state] shelf: Shelf,
    ) -> Result<Vec<String>> {
        let (journal, items) = (&journal, shelf.items());
        let done = map(&items, |name| async move {
            let first = work(journal, name).await?;
            sleep(Duration::from_hours(1)).await;
            Ok::<_, Error>(first + &work(journal, name).named("again").await?)
        })
        .keyed(|name| *name)
        .await?;
        sleep(Duration::from_hours(1)).named("after").await;
        Ok(done)
    }
}

mod keyed_and_changed {
    use super::*;
    #[durable_workflow(name = "stock")]
    pub(super) async fn stock(
        #[state] journal: Journal,
        #[state] shelf: Shelf,
    ) -> Result<Vec<String>> {
        let (journal, items) = (&journal, shelf.items());
        let done = map(&items, |name, index| async move {
            let first = work(journal, name).await?;
            sleep(Duration::from_hours(1)).await;
            let again = work(journal, name).named("again").await?;
            let new = work(journal, "new").named("new").await?;
            Ok::<_, Error>(format!("{index}{first}{again}{new}"))
        })
        .keyed(|name| *name)
        .concurrency(2)
        .await?;
        sleep(Duration::from_hours(1)).named("after").await;
        Ok(done)
    }
}

mod by_place {
    use super::*;
    #[durable_workflow(name = "stock by place")]
    pub(super) async fn stock(
        #[state] journal: Journal,
        #[state] shelf: Shelf,
    ) -> Result<Vec<String>> {
        let (journal, items) = (&journal, shelf.items());
        map(&items, |name| async move {
            let first = work(journal, name).await?;
            sleep(Duration::from_hours(1)).await;
            Ok::<_, Error>(first + &work(journal, name).named("again").await?)
        })
        .await
    }
}

/// Runs `$before` with one list for `$seconds`, crashes, and goes on with `$after` and another list.
macro_rules! changed {
    ($before:expr, $first:expr, $seconds:expr, $after:expr, $second:expr) => {{
        let journal = Journal::default();
        let engine = TestEngine::builder()
            .register($before)
            .state(journal.clone())
            .state(Shelf::of(&$first))
            .start()
            .await
            .unwrap();
        let run = engine.start($before, ()).id("one").await.unwrap();
        settled(&engine, &run, 1).await;
        engine.advance(Duration::from_secs($seconds));
        if $seconds > 0 {
            settled(&engine, &run, 2).await;
        }
        let engine = engine
            .crash()
            .register($after)
            .state(journal.clone())
            .state(Shelf::of(&$second))
            .lenient()
            .start()
            .await
            .unwrap();
        let run = engine.run($after, "one").await.unwrap();
        (run.result().await, journal, engine)
    }};
}

/// Waits until so many invocations have ended.
async fn settled<W>(engine: &TestEngine, run: &durable_engine::Run<W>, invocations: usize) {
    for _ in 0..10_000 {
        let history = engine.history(run.arn()).await.unwrap();
        let ended = history
            .iter()
            .map(|event| serde_json::to_value(event).unwrap())
            .filter(|event| event["EventType"] == "InvocationCompleted");
        if ended.count() >= invocations {
            return;
        }
        tokio::task::yield_now().await;
    }
    panic!("the workflow never came to rest");
}

#[tokio::test]
async fn keyed_items_keep_what_they_did_when_the_list_and_the_code_change() {
    let (result, journal, _engine) = changed!(
        keyed::stock,
        ["a", "b", "c"],
        0,
        keyed_and_changed::stock,
        ["c", "x", "a", "b"]
    );
    assert_eq!(result.unwrap(), ["0CCNEW", "1XXNEW", "2AANEW", "3BBNEW"]);
    for once in ["a", "b", "c"] {
        assert_eq!(journal.count(once), 2, "{:?}", journal.all());
    }
    assert_eq!(journal.count("x"), 2);
}

#[tokio::test]
async fn a_finished_keyed_map_gives_its_results_in_the_order_of_the_list_now() {
    let (result, journal, _engine) = changed!(
        keyed::stock,
        ["a", "b", "c"],
        3600,
        keyed_and_changed::stock,
        ["c", "a", "b"]
    );
    assert_eq!(result.unwrap(), ["CC", "AA", "BB"], "{:?}", journal.all());
    assert_eq!(journal.all().len(), 6);
}

#[tokio::test]
async fn a_finished_map_gives_what_it_gave_whatever_the_list_is_now() {
    let (result, journal, _engine) = changed!(
        keyed::stock,
        ["a", "b", "c"],
        3600,
        keyed_and_changed::stock,
        ["c", "d"]
    );
    assert_eq!(result.unwrap(), ["AA", "BB", "CC"]);
    assert_eq!(journal.all().len(), 6);
}

#[tokio::test]
async fn a_keyed_item_that_is_gone_is_divergence_once_something_new_starts() {
    let (result, journal, _engine) =
        changed!(keyed::stock, ["a", "b"], 0, keyed::stock, ["b", "x"]);
    let error = result.unwrap_err();
    assert!(matches!(error, RunError::Diverged(_)), "{error}");
    assert_eq!(journal.all(), ["a", "b"]);
}

#[tokio::test]
async fn items_added_at_the_end_run() {
    let (result, journal, _engine) = changed!(
        by_place::stock,
        ["a", "b"],
        0,
        by_place::stock,
        ["a", "b", "c"]
    );
    assert_eq!(result.unwrap(), ["AA", "BB", "CC"]);
    assert_eq!(journal.count("a"), 2);
}

#[tokio::test]
async fn items_removed_at_the_end_are_divergence_once_something_new_starts() {
    let (result, journal, _engine) = changed!(
        by_place::stock,
        ["a", "b", "c"],
        0,
        by_place::stock,
        ["a", "b"]
    );
    let error = result.unwrap_err();
    assert!(matches!(error, RunError::Diverged(_)), "{error}");
    assert!(error.to_string().contains("`map`"), "{error}");
    assert_eq!(journal.all(), ["a", "b", "c"]);
}

mod before_flat {
    use super::*;
    #[durable_workflow(name = "flat insertion")]
    pub(super) async fn job(#[state] journal: Journal, #[state] _shelf: Shelf) -> Result<String> {
        let text = child("block", || async { work(&journal, "block").await })
            .flat()
            .await?;
        let part = part(journal.clone()).flat().await?;
        sleep(Duration::from_hours(1)).await;
        Ok(text + &part)
    }
    #[durable_workflow]
    pub(super) async fn part(#[state] journal: Journal) -> Result<String> {
        work(&journal, "part").await
    }
}

mod before_flat_changed {
    use super::*;
    #[durable_workflow(name = "flat insertion")]
    pub(super) async fn job(#[state] journal: Journal, #[state] _shelf: Shelf) -> Result<String> {
        let first = work(&journal, "new").named("new").await?;
        let text = child("block", || async { work(&journal, "block").await })
            .flat()
            .await?;
        let part = before_flat::part(journal.clone()).flat().await?;
        sleep(Duration::from_hours(1)).await;
        Ok(first + &text + &part)
    }
}

#[tokio::test]
async fn a_step_may_be_inserted_before_flat_children() {
    let (result, journal, _engine) =
        changed!(before_flat::job, [], 0, before_flat_changed::job, []);
    assert_eq!(result.unwrap(), "NEWBLOCKPART");
    assert_eq!(journal.all(), ["block", "part", "new"]);
}

mod less_in_an_item {
    use super::*;
    #[durable_workflow(name = "stock by place")]
    pub(super) async fn stock(
        #[state] journal: Journal,
        #[state] shelf: Shelf,
    ) -> Result<Vec<String>> {
        let (journal, items) = (&journal, shelf.items());
        map(&items, |name| async move {
            sleep(Duration::from_hours(1)).await;
            work(journal, name).named("again").await
        })
        .await
    }
}

#[tokio::test]
async fn a_step_removed_from_the_items_is_divergence() {
    let (result, journal, _engine) = changed!(
        by_place::stock,
        ["a", "b"],
        0,
        less_in_an_item::stock,
        ["a", "b"]
    );
    let error = result.unwrap_err();
    assert!(matches!(error, RunError::Diverged(_)), "{error}");
    assert!(error.to_string().contains("`work`"), "{error}");
    assert_eq!(journal.all(), ["a", "b"]);
}

mod more_around {
    use super::*;
    #[durable_workflow(name = "stock by place")]
    pub(super) async fn stock(
        #[state] journal: Journal,
        #[state] shelf: Shelf,
    ) -> Result<Vec<String>> {
        let (journal, items) = (&journal, shelf.items());
        let before = work(journal, "before").named("before").await?;
        let mut done = map(&items, |name| async move {
            let new = work(journal, "new").named("new").await?;
            let first = work(journal, name).await?;
            sleep(Duration::from_hours(1)).await;
            Ok::<_, Error>(new + &first + &work(journal, name).named("again").await?)
        })
        .concurrency(1)
        .await?;
        done.push(before);
        Ok(done)
    }
}

#[tokio::test]
async fn steps_may_be_inserted_before_and_in_the_items() {
    let (result, journal, _engine) = changed!(
        by_place::stock,
        ["a", "b"],
        0,
        more_around::stock,
        ["a", "b"]
    );
    assert_eq!(result.unwrap(), ["NEWAA", "NEWBB", "BEFORE"]);
    assert_eq!(journal.count("a"), 2);
}
