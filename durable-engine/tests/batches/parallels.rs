//! `parallel`.

use super::*;

#[durable_workflow]
async fn two(order: String, #[state] journal: Journal) -> Result<Vec<String>> {
    parallel([
        branch(|| async { work(&journal, &order).await }).named("first"),
        branch(|| async {
            sleep(Duration::from_secs(5)).await;
            work(&journal, "other").named("second").await
        }),
    ])
    .await
}

#[tokio::test]
async fn branches_of_different_kinds_run_side_by_side() {
    for ran in in_every_mode(two, || "order".to_owned()).await {
        assert_eq!(ran.result.as_ref().unwrap(), &["ORDER", "OTHER"]);
        assert_eq!(ran.journal.all(), ["order", "other"], "{}", ran.mode);
        assert_eq!(ran.count("ContextStarted first"), 1);
        assert_eq!(ran.count("ContextStarted parallel-branch-1"), 1);
        assert_eq!(
            ran.count("ContextSucceeded parallel [\"ORDER\",\"OTHER\"]"),
            1
        );
    }
}

#[tokio::test]
async fn a_branch_that_fails_abandons_one_that_sleeps() {
    for ran in in_every_mode(two, || "bad".to_owned()).await {
        assert_eq!(ran.result.as_ref().unwrap_err(), "bad failed");
        ran.took(Duration::ZERO);
        assert_eq!(ran.journal.all(), ["bad"]);
    }
}

#[durable_workflow]
async fn at_run_time(words: Vec<String>, #[state] journal: Journal) -> Result<Vec<String>> {
    let journal = &journal;
    let mut branches = vec![branch(|| work(journal, "always").named("always"))];
    for word in &words {
        branches.push(branch(move || async move { work(journal, word).await }).named(word));
    }
    parallel(branches).concurrency(2).await
}

#[tokio::test]
async fn the_list_may_be_made_at_run_time() {
    for ran in in_every_mode(at_run_time, || names(&["a", "b", "c"])).await {
        assert_eq!(ran.result.as_ref().unwrap(), &["ALWAYS", "A", "B", "C"]);
        assert_eq!(ran.count("ContextStarted c"), 1, "{}", ran.mode);
    }
}

#[tokio::test]
async fn an_empty_list_starts_and_succeeds() {
    #[durable_workflow]
    async fn none() -> Result<usize> {
        let branches: Vec<durable_runtime::ParallelBranch<'_, u8>> = Vec::new();
        Ok(parallel(branches).await.len())
    }
    let engine = TestEngine::builder().register(none).start().await.unwrap();
    let run = engine.start(none, ()).await.unwrap();
    assert_eq!(run.result().await.unwrap(), 0);
    assert_eq!(
        lines(&run).await[1..3],
        ["ContextStarted parallel", "ContextSucceeded parallel []"]
    );
}

#[durable_workflow]
async fn a_hundred(#[state] journal: Journal) -> Result<usize> {
    let journal = &journal;
    let names: Vec<String> = (0..100).map(|number| format!("n{number}")).collect();
    let branches = names
        .iter()
        .map(|name| branch(move || async move { work(journal, name).await }));
    Ok(parallel(branches).await?.len())
}

#[tokio::test]
async fn a_hundred_branches_with_a_step_take_few_calls() {
    for ran in in_every_mode(a_hundred, || ()).await {
        assert_eq!(ran.result, Ok(100));
        if ran.mode == "crashed" {
            // One invocation for each call, and one more.
            assert!(
                ran.count("InvocationCompleted") <= 6,
                "{}",
                ran.count("InvocationCompleted")
            );
        }
    }
}
