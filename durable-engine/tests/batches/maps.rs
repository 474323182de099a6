//! A plain `map`.

use super::*;

#[durable_workflow]
async fn each(names: Vec<String>, #[state] journal: Journal) -> Result<Vec<String>> {
    let journal = &journal;
    map(&names, |name| async move { work(journal, name).await }).await
}

#[tokio::test]
async fn every_item_is_a_context_with_a_step() {
    for ran in in_every_mode(each, || names(&["a", "b"])).await {
        assert_eq!(ran.result.as_ref().unwrap(), &["A", "B"], "{}", ran.mode);
        assert_eq!(ran.journal.count("a"), 1, "{}", ran.mode);
        if ran.mode != "crashed" {
            assert_eq!(
                ran.lines,
                [
                    "ExecutionStarted",
                    "ContextStarted map",
                    "ContextStarted map-item-0",
                    "StepStarted work",
                    "StepSucceeded work \"A\"",
                    "ContextStarted map-item-1",
                    "StepStarted work",
                    "StepSucceeded work \"B\"",
                    "ContextSucceeded map-item-0 \"A\"",
                    "ContextSucceeded map-item-1 \"B\"",
                    "ContextSucceeded map [\"A\",\"B\"]",
                    "InvocationCompleted",
                    "ExecutionSucceeded  [\"A\",\"B\"]",
                ]
            );
        }
    }
}

#[durable_workflow]
async fn one_by_one(names: Vec<String>, #[state] journal: Journal) -> Result<Vec<String>> {
    let journal = &journal;
    map(names, |name: String| async move {
        let done = work(journal, &name).await;
        sleep(Duration::from_secs(10)).await;
        done
    })
    .concurrency(1)
    .await
}

#[tokio::test]
async fn with_room_for_one_an_item_that_sleeps_keeps_its_place() {
    for ran in in_every_mode(one_by_one, || names(&["a", "b", "c"])).await {
        assert_eq!(ran.result.as_ref().unwrap(), &["A", "B", "C"]);
        ran.took(Duration::from_secs(30));
        assert_eq!(ran.journal.all(), ["a", "b", "c"]);
        assert_eq!(
            ran.story(),
            [
                "ContextStarted map",
                "ContextStarted map-item-0",
                "StepStarted work",
                "StepSucceeded work",
                "ContextSucceeded map-item-0",
                "ContextStarted map-item-1",
                "StepStarted work",
                "StepSucceeded work",
                "ContextSucceeded map-item-1",
                "ContextStarted map-item-2",
                "StepStarted work",
                "StepSucceeded work",
                "ContextSucceeded map-item-2",
                "ContextSucceeded map",
            ],
            "{}",
            ran.mode
        );
    }
}

#[tokio::test]
async fn the_first_failure_ends_a_map_and_what_was_not_started_leaves_nothing() {
    for ran in in_every_mode(one_by_one, || names(&["a", "bad", "c"])).await {
        assert_eq!(ran.result.as_ref().unwrap_err(), "bad failed");
        assert_eq!(ran.journal.all(), ["a", "bad"], "{}", ran.mode);
        assert_eq!(ran.count("ContextStarted map-item"), 2);
        let record = ran
            .lines
            .iter()
            .find(|line| line.starts_with("ContextSucceeded map {"));
        assert_eq!(
            record.unwrap(),
            "ContextSucceeded map {\"v\":1,\"completionReason\":\"FAILURE_TOLERANCE_EXCEEDED\",\"totalCount\":2,\"all\":[\
             {\"index\":0,\"status\":\"SUCCEEDED\",\"result\":\"A\"},\
             {\"index\":1,\"status\":\"FAILED\",\"error\":{\"ErrorType\":\"Error\",\"ErrorMessage\":\"bad failed\"}}]}"
        );
    }
}

#[tokio::test]
async fn an_empty_map_starts_and_succeeds() {
    for ran in in_every_mode(each, Vec::new).await {
        assert_eq!(ran.result.as_ref().unwrap(), &[""; 0]);
        assert_eq!(ran.story(), ["ContextStarted map", "ContextSucceeded map"]);
    }
}

#[durable_workflow]
async fn staggered(#[state] journal: Journal) -> Result<Vec<String>> {
    let journal = &journal;
    let done = map([3_u64, 1, 2], |seconds| async move {
        sleep(Duration::from_secs(seconds)).await;
        work(journal, &format!("r{seconds}")).await
    })
    .await?;
    sleep(Duration::from_secs(1)).named("after").await;
    Ok(done)
}

#[tokio::test]
async fn results_come_in_the_order_of_the_list() {
    for ran in in_every_mode(staggered, || ()).await {
        assert_eq!(ran.result.as_ref().unwrap(), &["R3", "R1", "R2"]);
        assert_eq!(ran.journal.all(), ["r1", "r2", "r3"], "{}", ran.mode);
        ran.took(Duration::from_secs(4));
    }
}

#[durable_workflow]
async fn plain_values(numbers: Vec<u32>) -> Result<Vec<usize>> {
    let doubled: Vec<usize> = map(&numbers, |number, index| async move {
        step("double", || async { *number as usize * 10 + index }).await
    })
    .item_name(|number, index| format!("number {number} at {index}"))
    .await;
    Ok(doubled)
}

#[tokio::test]
async fn items_that_can_not_fail_give_values_and_items_have_an_index_and_names() {
    for ran in in_every_mode(plain_values, || vec![1, 2, 3]).await {
        assert_eq!(ran.result.as_ref().unwrap(), &[10, 21, 32]);
        assert_eq!(ran.count("ContextStarted number 2 at 1"), 1);
    }
}

#[durable_workflow]
async fn steps_alone(words: Vec<String>, #[state] journal: Journal) -> Result<Vec<String>> {
    map(&words, |word| work(&journal, word)).await
}

#[tokio::test]
async fn a_closure_may_give_the_step_itself() {
    for ran in in_every_mode(steps_alone, || names(&["a", "b"])).await {
        assert_eq!(ran.result.as_ref().unwrap(), &["A", "B"]);
        assert_eq!(ran.journal.count("b"), 1, "{}", ran.mode);
    }
}

#[durable_workflow]
async fn no_room(names: Vec<String>) -> Result<Vec<String>> {
    Ok(map(names, |name: String| async move { name })
        .concurrency(0)
        .await)
}

#[durable_workflow]
async fn same_keys(names: Vec<String>) -> Result<Vec<String>> {
    Ok(map(names, |name: String| async move { name })
        .keyed(|name| name.len())
        .await)
}

#[tokio::test]
async fn a_map_that_makes_no_sense_fails_before_anything_is_started() {
    let engine = TestEngine::builder()
        .register(no_room)
        .register(same_keys)
        .start()
        .await
        .unwrap();
    let run = engine.start(no_room, names(&["a"])).await.unwrap();
    let error = run.result().await.unwrap_err().to_string();
    assert!(error.contains("`.concurrency(0)`"), "{error}");
    assert_eq!(
        lines(&run).await[1..],
        ["InvocationCompleted", "ExecutionFailed"]
    );
    let run = engine
        .start(same_keys, names(&["ab", "c", "de"]))
        .await
        .unwrap();
    let error = run.result().await.unwrap_err().to_string();
    assert!(
        error.contains("items 0 and 2 have the same key 2"),
        "{error}"
    );
    assert_eq!(lines(&run).await.len(), 3);
}

#[durable_workflow]
async fn many(count: u32, #[state] journal: Journal) -> Result<u32> {
    let journal = &journal;
    let values = map(0..count, |number| async move {
        journal.note("polled");
        step("value", || async { number }).await
    })
    .await;
    Ok(values.iter().sum())
}

#[tokio::test]
async fn a_thousand_items_are_polled_as_often_as_they_need() {
    let journal = Journal::default();
    let engine = TestEngine::builder()
        .register(many)
        .state(journal.clone())
        .start()
        .await
        .unwrap();
    let started = std::time::Instant::now();
    let run = engine.start(many, 1_000).await.unwrap();
    assert_eq!(run.result().await.unwrap(), 499_500);
    assert_eq!(journal.count("polled"), 1_000);
    assert!(started.elapsed() < Duration::from_secs(20));
}

#[durable_workflow]
async fn many_that_sleep(count: u64) -> Result<u64> {
    let values = map(0..count, |number| async move {
        sleep(Duration::from_secs(1 + number % 7)).await;
        step("value", || async { number }).await
    })
    .await;
    Ok(values.iter().sum())
}

#[tokio::test]
async fn a_thousand_items_sleep_and_are_replayed() {
    for (mode, disturb) in &MODES[..2] {
        let builder = TestEngine::builder().register(many_that_sleep);
        let engine = disturb(builder).start().await.unwrap();
        let run = engine.start(many_that_sleep, 1_000).await.unwrap();
        assert_eq!(run.result().await.unwrap(), 499_500, "{mode}");
        assert_eq!(engine.elapsed(), Duration::from_secs(7));
    }
}
