//! The `document-archive` example: results that are too large for a history.
//!
//! The scanned text of each document goes to an object store, and the history gets a claim check. Everything else the workflow records is compressed, by its
//! default codec. Look at the two with `cargo durable show`, and at the folder of objects.

mod model;

pub use model::{Batch, Document, Entry, Index};

use durable_runtime::prelude::*;

use crate::codecs::{ClaimCheck, Compressed};

/// Scans the documents of a batch, one after the other, and puts what is in them into one index.
#[durable_workflow(codec = Compressed)]
pub async fn document_archive(batch: Batch, #[state] claims: ClaimCheck) -> Result<Index> {
    let mut index = Index::of(&batch);
    for number in 1..=batch.documents {
        let document = scan(&batch.name, number, batch.pages)
            .codec(claims.clone())
            .keyed(number)
            .await?;
        let entry = read_words(&document).keyed(number).await;
        index.add(entry);
        // The scanner has to cool down.
        sleep(Duration::from_secs(batch.pause_seconds))
            .keyed(number)
            .await;
    }
    Ok(index)
}

/// Scans one document: some hundred kilobytes of text.
#[step]
pub async fn scan(batch: &str, number: u32, pages: u32) -> Result<Document> {
    let document = Document::scanned(batch, number, pages);
    tracing::info!("{}: {} bytes of text", document.title, document.text.len());
    Ok(document)
}

/// Counts the words of a document.
#[step]
pub async fn read_words(document: &Document) -> Entry {
    Entry::of(document)
}
