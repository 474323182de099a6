//! Results that are too large for one record, and codecs.

use super::*;
use durable_runtime::{Codec, CodecError, CodecFuture, PayloadContext};

#[step]
async fn blob(journal: &Journal, name: &str, bytes: usize) -> Result<String> {
    journal.note(name);
    if name.starts_with("bad") {
        return Err(Error::msg(format!("{name} failed")));
    }
    Ok(name.repeat(bytes / name.len()))
}

#[durable_workflow]
async fn large(sizes: Vec<usize>, #[state] journal: Journal) -> Result<Vec<usize>> {
    let journal = &journal;
    let blobs = map(&sizes, |size| async move {
        journal.note("run");
        sleep(Duration::from_secs(1)).await;
        blob(journal, "x", *size).await
    })
    .await?;
    sleep(Duration::from_secs(1)).named("after").await;
    Ok(blobs.iter().map(String::len).collect())
}

#[tokio::test]
async fn many_results_that_are_large_together_are_read_from_the_items() {
    for ran in in_every_mode(large, || vec![70_000; 4]).await {
        assert_eq!(ran.result.as_ref().unwrap(), &[70_000; 4], "{}", ran.mode);
        assert_eq!(ran.journal.count("x"), 4);
        let summary = "ContextSucceeded map {\"v\":1,\"completionReason\":\"ALL_COMPLETED\",\"totalCount\":4,\"successCount\":4,\"failureCount\":0,\"unfinished\":[]}";
        assert_eq!(ran.count(summary), 1, "{}", ran.mode);
        if ran.mode == "evicted" {
            assert_eq!(
                ran.journal.count("run"),
                8,
                "live, after the sleep, and not again"
            );
        }
    }
}

#[tokio::test]
async fn an_item_that_is_large_alone_is_rebuilt_from_its_operations() {
    for ran in in_every_mode(large, || vec![10, 300_000]).await {
        assert_eq!(ran.result.as_ref().unwrap(), &[10, 300_000], "{}", ran.mode);
        assert_eq!(ran.journal.count("x"), 2);
    }
}

/// Index, value or error, for each item.
type Told = Vec<(usize, Option<Result<usize, String>>)>;

#[durable_workflow]
async fn large_and_settled(flat: bool, #[state] journal: Journal) -> Result<Told> {
    let journal = &journal;
    let items = [("a", 1), ("bad", 1), ("never", 9), ("b", 2), ("late", 9)];
    let batch = map(items, |(name, seconds)| async move {
        sleep(Duration::from_secs(seconds)).await;
        blob(journal, name, 150_000).retry(NoRetry).await
    });
    let batch = if flat { batch.flat() } else { batch };
    let batch = batch.settled().min_successful(2).await;
    sleep(Duration::from_secs(1)).named("after").await;
    let item = |item: durable_runtime::BatchItem<String, Error>| {
        let result = item.result.map(|result| match result {
            Ok(blob) => Ok(blob.len()),
            Err(error) => Err(error.to_string()),
        });
        (item.index, result)
    };
    Ok(batch.into_items().into_iter().map(item).collect())
}

#[tokio::test]
async fn a_large_batch_with_failed_and_abandoned_items_is_rebuilt() {
    for flat in [false, true] {
        for ran in in_every_mode(large_and_settled, || flat).await {
            let expected = vec![
                (0, Some(Ok(150_000))),
                (1, Some(Err("bad failed".to_owned()))),
                (2, None),
                (3, Some(Ok(150_000))),
                (4, None),
            ];
            assert_eq!(ran.result.as_ref().unwrap(), &expected, "{}", ran.mode);
            assert_eq!(ran.journal.all(), ["a", "bad", "b"], "{}", ran.mode);
            ran.took(Duration::from_secs(3));
        }
    }
}

/// Writes text between angle brackets, and shouts.
struct Brackets;

impl Codec for Brackets {
    fn encode<'a>(&'a self, payload: String, _: PayloadContext<'a>) -> CodecFuture<'a> {
        Box::pin(async move { Ok(format!("<{}>", payload.to_uppercase())) })
    }
    fn decode<'a>(&'a self, recorded: String, _: PayloadContext<'a>) -> CodecFuture<'a> {
        Box::pin(async move {
            let inner = recorded
                .strip_prefix('<')
                .and_then(|text| text.strip_suffix('>'));
            inner
                .map(str::to_owned)
                .ok_or_else(|| CodecError::msg(format!("no brackets around {recorded}")))
        })
    }
}

#[durable_workflow]
async fn coded(which: String, #[state] journal: Journal) -> Result<Vec<String>> {
    let journal = &journal;
    let batch = map(["x", "y"], |name| async move {
        journal.note("run");
        name.to_owned()
    });
    let batch = match which.as_str() {
        "items" => batch.item_codec(Brackets),
        "flat items" => batch.item_codec(Brackets).flat(),
        "batch" => batch.codec(Brackets),
        _ => batch.item_codec(Brackets).codec(Brackets),
    };
    let done = batch.await;
    sleep(Duration::from_secs(1)).await;
    Ok(done)
}

#[tokio::test]
async fn codecs_work_on_items_and_on_the_whole() {
    let encoded = "{\"v\":1,\"completionReason\":\"ALL_COMPLETED\",\"totalCount\":2,\"all\":[\
        {\"index\":0,\"status\":\"SUCCEEDED\",\"payload\":\"<\\\"X\\\">\"},\
        {\"index\":1,\"status\":\"SUCCEEDED\",\"payload\":\"<\\\"Y\\\">\"}]}";
    for (which, item, batch) in [
        ("items", "<\"X\">", encoded),
        ("flat items", "", encoded),
        ("batch", "\"x\"", "<[\"X\",\"Y\"]>"),
        ("both", "<\"X\">", "<[\"X\",\"Y\"]>"),
    ] {
        for ran in in_every_mode(coded, || which.to_owned()).await {
            assert_eq!(
                ran.result.as_ref().unwrap(),
                &["X", "Y"],
                "{which} {}",
                ran.mode
            );
            assert_eq!(
                ran.count(&format!("ContextSucceeded batch {batch}")),
                1,
                "{:#?}",
                ran.lines
            );
            let items = usize::from(!item.is_empty());
            assert_eq!(
                ran.count(&format!("ContextSucceeded map-item-0 {item}")),
                items
            );
        }
    }
}
