//! What the document archive works on.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The work: so many documents of so many pages.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Batch {
    /// What the batch is called.
    pub name: String,
    /// How many documents it has.
    pub documents: u32,
    /// How many pages each has; a page is about 2 KB.
    pub pages: u32,
    /// How long the scanner pauses after each.
    pub pause_seconds: u64,
}

/// A document that was scanned.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Document {
    /// Its title.
    pub title: String,
    /// All of its text.
    pub text: String,
}

impl Document {
    /// What the scanner reads: the same for the same document.
    #[must_use]
    pub fn scanned(batch: &str, number: u32, pages: u32) -> Self {
        const WORDS: [&str; 12] = [
            "invoice", "carriage", "ledger", "granted", "harbour", "seal", "notary", "tenant",
            "barrel", "folio", "witness", "quarter",
        ];
        let mut seed = u64::from(number).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        let mut word = || {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            WORDS.get((seed % 12) as usize).copied().unwrap_or("page")
        };
        let mut text = String::new();
        for page in 1..=pages {
            text.push_str(&format!("\"{batch}\", document {number}, page {page}\n"));
            for _ in 0..280 {
                text.push_str(word());
                text.push(' ');
            }
            text.push('\n');
        }
        Self {
            title: format!("{batch} {number}"),
            text,
        }
    }
}

/// What the index knows of a document.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Entry {
    /// Its title.
    pub title: String,
    /// How often each word is in it.
    pub words: BTreeMap<String, u32>,
}

impl Entry {
    /// Counts.
    #[must_use]
    pub fn of(document: &Document) -> Self {
        let mut words = BTreeMap::new();
        for word in document.text.split_whitespace() {
            *words.entry(word.to_owned()).or_default() += 1;
        }
        Self {
            title: document.title.clone(),
            words,
        }
    }
}

/// The result: the most frequent words of each document.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Index {
    /// The batch.
    pub batch: String,
    /// The five most frequent words of each document, by title.
    pub documents: BTreeMap<String, Vec<String>>,
}

impl Index {
    /// An empty index.
    #[must_use]
    pub fn of(batch: &Batch) -> Self {
        Self {
            batch: batch.name.clone(),
            documents: BTreeMap::new(),
        }
    }

    /// Adds a document.
    pub fn add(&mut self, entry: Entry) {
        let mut words: Vec<_> = entry.words.into_iter().collect();
        words.sort_by(|(a, often), (b, oftener)| oftener.cmp(often).then_with(|| a.cmp(b)));
        let most = words.into_iter().take(5).map(|(word, _)| word).collect();
        self.documents.insert(entry.title, most);
    }
}
