//! What may stand inside an item.

use super::*;
use durable_runtime::Race2;

#[step(retry = exponential(max_attempts = 3, initial_delay = "2s", jitter = "none"))]
async fn flaky(cx: &StepContext, journal: &Journal, name: &str) -> Result<String> {
    journal.note(format!("{name} {}", cx.attempt()));
    if cx.attempt() < 3 {
        Err(Error::msg("not yet"))
    } else {
        Ok(name.to_uppercase())
    }
}

#[durable_workflow]
async fn retries(names: Vec<String>, #[state] journal: Journal) -> Result<Vec<String>> {
    let journal = &journal;
    map(&names, |name| async move {
        let first = flaky(journal, name).await?;
        sleep(Duration::from_secs(1)).await;
        Ok::<_, Error>(first + &work(journal, name).await?)
    })
    .await
}

#[tokio::test]
async fn steps_are_retried_and_sleeps_slept_side_by_side() {
    for ran in in_every_mode(retries, || names(&["a", "b"])).await {
        assert_eq!(ran.result.as_ref().unwrap(), &["AA", "BB"]);
        ran.took(Duration::from_secs(2 + 4 + 1));
        assert_eq!(ran.count("StepFailed"), 4);
        assert_eq!(ran.journal.count("a"), 1);
        assert_eq!(ran.journal.count("b 3"), 1, "{}", ran.mode);
    }
}

#[durable_workflow]
async fn nested(rows: Vec<Vec<String>>, #[state] journal: Journal) -> Result<Vec<Vec<String>>> {
    let journal = &journal;
    let (rows, alone) = try_join!(
        rows => map(&rows, |row| async move {
            let row = map(row, |name| async move {
                sleep(Duration::from_secs(1)).named("inner sleep").await;
                work(journal, name).await
            })
            .named("row")
            .concurrency(1)
            .await?;
            sleep(Duration::from_secs(10)).await;
            Ok::<_, Error>(row)
        })
        .named("rows"),
        alone => work(journal, "alone").named("alone"),
    )?;
    Ok(rows.into_iter().chain([vec![alone]]).collect())
}

#[tokio::test]
async fn a_map_in_a_map_in_a_branch() {
    let rows = || vec![names(&["a", "b", "c"]), Vec::new(), names(&["d"])];
    for ran in in_every_mode(nested, rows).await {
        let expected = [
            names(&["A", "B", "C"]),
            Vec::new(),
            names(&["D"]),
            names(&["ALONE"]),
        ];
        assert_eq!(ran.result.as_ref().unwrap(), &expected, "{}", ran.mode);
        ran.took(Duration::from_secs(13));
        assert_eq!(ran.journal.count("c"), 1, "{}", ran.mode);
        assert_eq!(ran.count("ContextSucceeded row "), 3);
    }
}

#[durable_workflow]
async fn raced(seconds: Vec<u64>, #[state] journal: Journal) -> Result<Vec<String>> {
    let journal = &journal;
    map(&seconds, |seconds| async move {
        let raced = race!(
            slow => sleep(Duration::from_secs(5)),
            quick => async {
                sleep(Duration::from_secs(*seconds)).named("quick sleep").await;
                work(journal, &format!("{seconds}")).await
            },
        );
        match raced {
            Race2::First(()) => Ok("late".to_owned()),
            Race2::Second(name) => name,
        }
    })
    .await
}

#[tokio::test]
async fn races_in_items_decide_each_for_itself() {
    for ran in in_every_mode(raced, || vec![1, 9, 3]).await {
        assert_eq!(ran.result.as_ref().unwrap(), &["1", "late", "3"]);
        assert_eq!(ran.journal.all(), ["1", "3"], "{}", ran.mode);
        ran.took(Duration::from_secs(5));
    }
}

#[durable_workflow]
async fn batches_race(#[state] journal: Journal) -> Result<String> {
    let journal = &journal;
    let raced = race!(
        patient => map([30_u64, 20], |seconds| async move {
            sleep(Duration::from_secs(seconds)).await;
            work(journal, "never").await
        }),
        quick => parallel([branch(|| work(journal, "quick").named("quick"))]).named("quick ones"),
    );
    sleep(Duration::from_secs(1)).named("after").await;
    Ok(match raced {
        Race2::First(names) => names?.concat(),
        Race2::Second(names) => names?.concat(),
    })
}

#[tokio::test]
async fn a_map_that_loses_a_race_is_abandoned() {
    for ran in in_every_mode(batches_race, || ()).await {
        assert_eq!(ran.result.as_ref().unwrap(), "QUICK");
        ran.took(Duration::from_secs(1));
        assert_eq!(ran.journal.all(), ["quick"]);
    }
}

#[durable_workflow]
async fn in_a_loop(#[state] journal: Journal) -> Result<Vec<String>> {
    let journal = &journal;
    let mut all = Vec::new();
    for round in 0..3 {
        let done = map(["x", "y"], |name| async move {
            sleep(Duration::from_secs(1)).await;
            work(journal, &format!("{name}{round}")).await
        })
        .await?;
        all.extend(done);
    }
    Ok(all)
}

#[tokio::test]
async fn each_round_of_a_loop_is_a_batch_of_its_own() {
    for ran in in_every_mode(in_a_loop, || ()).await {
        let expected = ["X0", "Y0", "X1", "Y1", "X2", "Y2"];
        assert_eq!(ran.result.as_ref().unwrap(), &expected);
        ran.took(Duration::from_secs(3));
        assert_eq!(ran.journal.all().len(), 6, "{}", ran.mode);
    }
}

#[durable_workflow]
async fn sub(name: String, #[state] journal: Journal) -> Result<String> {
    let noted = work(&journal, &name).await?;
    sleep(Duration::from_secs(1)).await;
    Ok(format!("{noted} {}", uuid()))
}

#[durable_workflow]
async fn workflows(names: Vec<String>, #[state] journal: Journal) -> Result<Vec<String>> {
    let journal = &journal;
    map(names, |name| {
        let id = uuid();
        async move {
            let text = child("block", || async {
                sub(name.clone(), journal.clone()).await
            })
            .await?;
            Ok::<_, Error>(format!("{text} {id}"))
        }
    })
    .await
}

#[tokio::test]
async fn children_and_values_in_items_are_the_same_on_every_replay() {
    for ran in in_every_mode(workflows, || names(&["a", "b"])).await {
        let values = ran.result.unwrap();
        let ids: std::collections::HashSet<&str> = values
            .iter()
            .flat_map(|text| text.split(' ').skip(1))
            .collect();
        assert_eq!(ids.len(), 4, "{}: {values:?}", ran.mode);
        assert_eq!(ran.journal.all(), ["a", "b"]);
    }
}

#[step(retry = none)]
async fn undo(journal: &Journal, name: &str) -> Result<()> {
    journal.note(format!("undo {name}"));
    Ok(())
}

#[durable_workflow]
async fn saga(names: Vec<String>, #[state] journal: Journal) -> Result<Vec<String>> {
    let keep = &journal;
    let done = map(&names, |name| async move {
        let journal = keep.clone();
        let done = work(keep, name)
            .compensate(move |done: String| async move { undo(&journal, &done).await })
            .await?;
        if name == "slow" {
            sleep(Duration::from_hours(1)).named("for long").await;
        }
        Ok::<_, Error>(done)
    })
    .settled()
    .min_successful(2)
    .await;
    sleep(Duration::from_secs(1)).await;
    assert_eq!(done.success_count(), 2);
    Err(Error::msg("after all"))
}

#[tokio::test]
async fn what_items_did_is_undone_in_the_order_of_the_list() {
    for ran in in_every_mode(saga, || names(&["slow", "a", "b"])).await {
        assert_eq!(
            ran.result.as_ref().unwrap_err(),
            "after all",
            "{}",
            ran.mode
        );
        assert_eq!(
            ran.journal.all(),
            ["slow", "a", "b", "undo B", "undo A", "undo SLOW"],
            "{}",
            ran.mode
        );
    }
}

#[durable_workflow]
async fn tree(depth: u32) -> Result<u32> {
    if depth == 0 {
        return Ok(1);
    }
    let counts = map(
        [depth - 1],
        |depth| async move { Box::pin(tree(depth)).await },
    )
    .await?;
    Ok(counts.iter().sum::<u32>() + 1)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn maps_that_are_nested_too_deep_are_an_error_and_no_overflow() {
    let engine = TestEngine::builder().register(tree).start().await.unwrap();
    let run = engine.start(tree, 30).await.unwrap();
    assert_eq!(run.result().await.unwrap(), 31);
    let run = engine.start(tree, 200).await.unwrap();
    let error = run.result().await.unwrap_err().to_string();
    assert!(error.contains("nested more than"), "{error}");
}
