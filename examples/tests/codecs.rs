//! The example codecs: what is recorded, what crashes leave behind, and what happens when an object is gone.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "these are tests"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use durable_engine::{Run, RunError, TestEngine};
use durable_runtime::prelude::*;
use durable_runtime::{Codec, PayloadContext};
use examples::codecs::{ClaimCheck, Compressed, FolderStore, ObjectStore, StoreError, StoreFuture};
use examples::document_archive::{Batch, Document, Entry, Index, document_archive, scan};
use tempfile::TempDir;
use tokio::sync::Notify;

fn batch(documents: u32) -> Batch {
    Batch {
        name: "deeds".to_owned(),
        documents,
        pages: 60,
        pause_seconds: 60,
    }
}

fn expected(documents: u32) -> Index {
    let batch = batch(documents);
    let mut index = Index::of(&batch);
    for number in 1..=documents {
        index.add(Entry::of(&Document::scanned(
            &batch.name,
            number,
            batch.pages,
        )));
    }
    index
}

fn objects(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// The payloads of what succeeded.
async fn recorded<W>(run: &Run<W>) -> Vec<String> {
    let history = run.history().await.unwrap();
    let events = history
        .iter()
        .map(|event| serde_json::to_value(event).unwrap());
    events
        .filter_map(|event| {
            let result = &event["StepSucceededDetails"]["Result"]["Payload"];
            result.as_str().map(str::to_owned)
        })
        .collect()
}

#[tokio::test]
async fn large_results_are_claim_checks_and_the_others_are_compressed() {
    let folder = TempDir::new().unwrap();
    let claims = ClaimCheck::new(FolderStore::open(folder.path()).unwrap());
    let engine = TestEngine::builder()
        .register(document_archive)
        .state(claims)
        .evict_always();
    let engine = engine.start().await.unwrap();
    let run = engine.start(document_archive, batch(2)).await.unwrap();

    assert_eq!(run.result().await.unwrap(), expected(2));
    let recorded = recorded(&run).await;
    assert_eq!(recorded.len(), 4, "{recorded:?}");
    for pair in recorded.chunks(2) {
        assert!(pair[0].starts_with("claim1:"), "{}", pair[0]);
        assert!(pair[1].starts_with("zlib1:"), "{}", pair[1]);
    }
    let found = objects(folder.path());
    assert_eq!(found.len(), 2, "{found:?}");
    let key = recorded[0].strip_prefix("claim1:").unwrap();
    let object = fs::read_to_string(folder.path().join(key)).unwrap();
    let document: Document = serde_json::from_str(&object).unwrap();
    assert_eq!(document.title, "deeds 1");
}

/// The workflow before it had codecs.
mod before {
    use super::*;

    #[durable_workflow(name = "document_archive")]
    pub(super) async fn plain(batch: Batch) -> Result<Index> {
        let mut index = Index::of(&batch);
        for number in 1..=batch.documents {
            let document = scan(&batch.name, number, batch.pages).keyed(number).await?;
            let entry = examples::document_archive::read_words(&document)
                .keyed(number)
                .await;
            index.add(entry);
            sleep(Duration::from_secs(batch.pause_seconds))
                .keyed(number)
                .await;
        }
        Ok(index)
    }
}

#[tokio::test]
async fn executions_that_began_without_codecs_go_on_with_them() {
    let folder = TempDir::new().unwrap();
    let engine = TestEngine::builder().register(before::plain);
    let engine = engine.start().await.unwrap();
    let run = engine
        .start(before::plain, batch(3))
        .id("one")
        .await
        .unwrap();
    while recorded(&run).await.len() < 2 {
        tokio::task::yield_now().await;
    }
    drop(run);

    let claims = ClaimCheck::new(FolderStore::open(folder.path()).unwrap());
    let engine = engine.crash().register(document_archive).state(claims);
    let engine = engine.start().await.unwrap();
    let run = engine.run(document_archive, "one").await.unwrap();

    assert_eq!(run.result().await.unwrap(), expected(3));
    let marks: Vec<_> = recorded(&run)
        .await
        .iter()
        .map(|payload| payload.chars().take(6).collect::<String>())
        .collect();
    assert_eq!(
        marks,
        ["{\"titl", "{\"titl", "claim1", "zlib1:", "claim1", "zlib1:"]
    );
}

/// A store whose process dies, or whose disk fails, at a moment of the test's choice.
#[derive(Clone)]
struct Moody {
    store: FolderStore,
    puts: Arc<AtomicUsize>,
    /// Never answers after it has written.
    dies: Arc<AtomicBool>,
    died: Arc<Notify>,
    /// Fails as often.
    fails: Arc<AtomicUsize>,
}

impl Moody {
    fn new(folder: &Path) -> Self {
        Self {
            store: FolderStore::open(folder).unwrap(),
            puts: Arc::default(),
            dies: Arc::default(),
            died: Arc::default(),
            fails: Arc::default(),
        }
    }

    fn fail(&self, key: &str) -> Result<(), StoreError> {
        let left = self.fails.load(Ordering::SeqCst);
        if left == 0 {
            return Ok(());
        }
        self.fails.store(left - 1, Ordering::SeqCst);
        Err(StoreError {
            key: key.to_owned(),
            verb: "read",
            source: std::io::Error::other("the disk is busy"),
        })
    }
}

impl ObjectStore for Moody {
    fn put<'a>(&'a self, key: &'a str, object: Vec<u8>) -> StoreFuture<'a, ()> {
        Box::pin(async move {
            self.fail(key)?;
            self.puts.fetch_add(1, Ordering::SeqCst);
            self.store.put(key, object).await?;
            if self.dies.swap(false, Ordering::SeqCst) {
                self.died.notify_one();
                std::future::pending::<()>().await;
            }
            Ok(())
        })
    }

    fn get<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Option<Vec<u8>>> {
        Box::pin(async move {
            self.fail(key)?;
            self.store.get(key).await
        })
    }

    fn place(&self) -> String {
        self.store.place()
    }
}

#[tokio::test]
async fn a_crash_between_the_object_and_its_record_leaves_one_object_and_the_same_result() {
    let folder = TempDir::new().unwrap();
    let store = Moody::new(folder.path());
    store.dies.store(true, Ordering::SeqCst);
    let engine = TestEngine::builder()
        .register(document_archive)
        .state(ClaimCheck::new(store.clone()));
    let engine = engine.start().await.unwrap();
    let run = engine.start(document_archive, batch(1)).id("one").await;
    store.died.notified().await;
    assert_eq!(objects(folder.path()).len(), 1);
    assert!(recorded(&run.unwrap()).await.is_empty());

    let engine = engine
        .crash()
        .register(document_archive)
        .state(ClaimCheck::new(store.clone()));
    let engine = engine.start().await.unwrap();
    let run = engine.run(document_archive, "one").await.unwrap();

    assert_eq!(run.result().await.unwrap(), expected(1));
    assert_eq!(store.puts.load(Ordering::SeqCst), 2, "it was written again");
    assert_eq!(objects(folder.path()).len(), 1, "under the same key");
}

#[tokio::test]
async fn a_store_that_fails_for_a_while_fails_nobody() {
    let folder = TempDir::new().unwrap();
    let store = Moody::new(folder.path());
    store.fails.store(4, Ordering::SeqCst);
    let engine = TestEngine::builder()
        .register(document_archive)
        .state(ClaimCheck::new(store.clone()))
        .evict_always();
    let engine = engine.start().await.unwrap();
    let run = engine.start(document_archive, batch(2)).await.unwrap();
    assert_eq!(run.result().await.unwrap(), expected(2));
    assert_eq!(store.fails.load(Ordering::SeqCst), 0);
}

async fn spoiled(spoil: fn(&Path)) -> (Error, String, String) {
    let folder = TempDir::new().unwrap();
    let claims = || ClaimCheck::new(FolderStore::open(folder.path()).unwrap());
    let engine = TestEngine::builder()
        .register(document_archive)
        .state(claims());
    let engine = engine.start().await.unwrap();
    let run = engine
        .start(document_archive, batch(2))
        .id("one")
        .await
        .unwrap();
    while recorded(&run).await.len() < 2 {
        tokio::task::yield_now().await;
    }
    drop(run);
    let object = objects(folder.path()).pop().unwrap();
    spoil(&object);
    let engine = engine
        .crash()
        .register(document_archive)
        .state(claims())
        .start()
        .await
        .unwrap();
    let run = engine.run(document_archive, "one").await.unwrap();
    let RunError::Workflow(error) = run.result().await.unwrap_err() else {
        panic!("{:?}", recorded(&run).await)
    };
    let key = object.strip_prefix(folder.path()).unwrap();
    let place = folder.path().display().to_string();
    (error, key.display().to_string(), place)
}

#[tokio::test]
async fn an_object_that_is_gone_ends_the_execution_with_an_error_that_names_it() {
    let (error, key, place) = spoiled(|object| fs::remove_file(object).unwrap()).await;
    assert_eq!(error.type_name(), "RecordedResultUndecodable");
    let message = error.to_string();
    for part in [&*key, &*place, "`scan`", "bring it back"] {
        assert!(message.contains(part), "{part} is missing: {message}");
    }
}

#[tokio::test]
async fn an_object_that_was_changed_is_found_out() {
    let (error, key, _) = spoiled(|object| fs::write(object, "\"another\"").unwrap()).await;
    let message = error.to_string();
    assert!(message.contains(&key), "{message}");
    assert!(message.contains("not what was stored"), "{message}");
}

#[tokio::test]
async fn what_a_codec_writes_it_reads_and_what_is_small_stays_as_it_is() {
    let folder = TempDir::new().unwrap();
    let claims = ClaimCheck::new(FolderStore::open(folder.path()).unwrap()).inline_up_to(100);
    let noise: String = (0..3_000u32)
        .map(|n| char::from_u32(0x4e00 + n.wrapping_mul(2_654_435_761) % 20_000).unwrap())
        .collect();
    let context = || PayloadContext::new("arn", "operation");
    for codec in [&claims as &dyn Codec, &Compressed] {
        for payload in [
            String::new(),
            "null".to_owned(),
            format!("\"{}\"", "long ".repeat(2_000)),
            format!("\"{noise}\""),
            "claim1:not a key".to_owned(),
            "zlib1:not compressed".to_owned(),
            "Grüße \u{0} 🦀".repeat(40),
        ] {
            let recorded = codec.encode(payload.clone(), context()).await.unwrap();
            let read = codec.decode(recorded.clone(), context()).await.unwrap();
            assert_eq!(read, payload);
            assert!(
                recorded.len() <= payload.len().max(100),
                "{recorded} for {payload}"
            );
            let again = codec.encode(payload, context()).await.unwrap();
            assert_eq!(again, recorded, "the same payload is the same record");
        }
        for damaged in [
            "claim1:../../etc/passwd",
            "claim1:",
            "zlib1:%",
            "zlib1:AAAA",
        ] {
            let mine = codec.encode(damaged.to_owned(), context()).await.unwrap();
            if mine != damaged {
                let error = codec.decode(damaged.to_owned(), context()).await;
                assert!(!error.unwrap_err().is_transient(), "{damaged}");
            }
        }
    }
}
