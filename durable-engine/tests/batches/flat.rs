//! `.flat()`: items and children without contexts.

use super::*;

#[durable_workflow]
async fn flat(names: Vec<String>, #[state] journal: Journal) -> Result<Vec<String>> {
    let journal = &journal;
    let done = map(&names, |name| async move {
        let (first, second) = try_join!(
            one => work(journal, name).named("one"),
            two => async {
                sleep(Duration::from_secs(1)).await;
                work(journal, name).named("two").await
            },
        )?;
        Ok::<_, Error>(first + &second)
    })
    .flat()
    .concurrency(2)
    .await?;
    sleep(Duration::from_secs(1)).named("after").await;
    Ok(done)
}

#[tokio::test]
async fn flat_items_stand_directly_under_the_map() {
    for ran in in_every_mode(flat, || names(&["a", "b", "c"])).await {
        assert_eq!(
            ran.result.as_ref().unwrap(),
            &["AA", "BB", "CC"],
            "{}",
            ran.mode
        );
        assert_eq!(ran.count("ContextStarted"), 1, "{}", ran.mode);
        assert_eq!(ran.journal.count("b"), 2, "{}", ran.mode);
        ran.took(Duration::from_secs(3));
    }
}

#[tokio::test]
async fn a_flat_item_that_fails_is_known_to_have_failed_on_replay() {
    for ran in in_every_mode(flat, || names(&["a", "bad", "c", "d"])).await {
        assert_eq!(
            ran.result.as_ref().unwrap_err(),
            "bad failed",
            "{}",
            ran.mode
        );
        assert_eq!(ran.journal.count("bad"), 1);
        assert_eq!(ran.journal.count("d"), 0, "{}", ran.mode);
    }
}

#[tokio::test]
async fn the_operations_of_a_flat_item_have_the_map_as_their_parent() {
    let engine = TestEngine::builder()
        .register(flat)
        .state(Journal::default())
        .start()
        .await
        .unwrap();
    let run = engine.start(flat, names(&["a", "b"])).await.unwrap();
    run.result().await.unwrap();
    let history: Vec<serde_json::Value> = run
        .history()
        .await
        .unwrap()
        .iter()
        .map(|event| serde_json::to_value(event).unwrap())
        .collect();
    let map = history
        .iter()
        .find(|event| event["EventType"] == "ContextStarted")
        .unwrap();
    let steps: Vec<_> = history
        .iter()
        .filter(|event| event["EventType"] == "StepStarted")
        .collect();
    assert_eq!(steps.len(), 4);
    for step in steps {
        assert_eq!(step["ParentId"], map["Id"]);
    }
}

#[durable_workflow]
async fn part(name: String, #[state] journal: Journal) -> Result<String> {
    let first = work(&journal, &name).await?;
    sleep(Duration::from_secs(1)).await;
    Ok(first + &work(&journal, &name).named("again").await?)
}

#[durable_workflow]
async fn flat_children(#[state] journal: Journal) -> Result<String> {
    let block = child("block", || async {
        let first = work(&journal, "a").named("in block").await?;
        sleep(Duration::from_secs(1)).await;
        Ok::<_, Error>(first + &uuid().to_string())
    })
    .flat()
    .await?;
    let mut all = block;
    for round in 0..2 {
        all += &part(format!("p{round}"), journal.clone()).flat().await?;
    }
    let failed = part("bad".to_owned(), journal.clone())
        .flat()
        .named("failing")
        .await;
    Ok(all + &failed.unwrap_err().to_string())
}

#[tokio::test]
async fn flat_children_leave_no_contexts_and_keep_their_operations_apart() {
    for ran in in_every_mode(flat_children, || ()).await {
        let result = ran.result.as_ref().unwrap();
        assert!(
            result.starts_with('A') && result.ends_with("P0P0P1P1bad failed"),
            "{result}"
        );
        assert_eq!(ran.count("Context"), 0, "{}", ran.mode);
        assert_eq!(
            ran.journal.all(),
            ["a", "p0", "p0", "p1", "p1", "bad"],
            "{}",
            ran.mode
        );
        ran.took(Duration::from_secs(3));
    }
}
