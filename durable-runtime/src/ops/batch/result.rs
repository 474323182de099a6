//! [`BatchResult`]: what became of each item.

use std::fmt;

use super::policy::CompletionReason;

/// How an item of a batch ended, if it did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ItemStatus {
    /// It returned a value.
    Succeeded,
    /// It returned an error.
    Failed,
    /// It ran when the batch was complete without it, and was abandoned.
    Started,
}

/// How a batch ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BatchStatus {
    /// No item failed.
    Succeeded,
    /// At least one item failed, tolerated or not.
    Failed,
}

/// The word that stands in the history: `SUCCEEDED` or `FAILED`.
impl fmt::Display for BatchStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Succeeded => "SUCCEEDED",
            Self::Failed => "FAILED",
        })
    }
}

/// One item of a batch that was started.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct BatchItem<T, E> {
    /// Its place in the list, from 0.
    pub index: usize,
    /// The name it is displayed under.
    pub name: String,
    /// What it returned; `None` when it was abandoned.
    pub result: Option<Result<T, E>>,
}

impl<T, E> BatchItem<T, E> {
    /// How it ended, if it did.
    pub fn status(&self) -> ItemStatus {
        match self.result {
            Some(Ok(_)) => ItemStatus::Succeeded,
            Some(Err(_)) => ItemStatus::Failed,
            None => ItemStatus::Started,
        }
    }
}

/// What became of the items of a [`map`](crate::map()) or a [`parallel`](crate::parallel()) with `.settled()`.
///
/// It holds the items that were started, in the order of the list; items that were not started when the batch was complete are not in it and not counted.
///
/// ```
/// use durable_runtime::prelude::*;
///
/// #[step(retry = none)]
/// async fn quote(carrier: &str) -> Result<u32> {
///     if carrier.is_empty() { Err(Error::msg("no such carrier")) } else { Ok(carrier.len() as u32) }
/// }
///
/// #[durable_workflow]
/// async fn cheapest(carriers: Vec<String>) -> Result<Option<u32>> {
///     let quotes = map(&carriers, |carrier| async move { quote(carrier).await })
///         .settled()
///         .tolerate_failures(2)
///         .await;
///     if quotes.reason() == CompletionReason::FailureToleranceExceeded {
///         return Err(Error::msg(format!("{} carriers don't answer", quotes.failure_count())));
///     }
///     Ok(quotes.succeeded().copied().min())
/// }
/// # let _ = cheapest;
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct BatchResult<T, E> {
    items: Vec<BatchItem<T, E>>,
    reason: CompletionReason,
}

impl<T, E> BatchResult<T, E> {
    pub(super) const fn new(items: Vec<BatchItem<T, E>>, reason: CompletionReason) -> Self {
        Self { items, reason }
    }

    /// The items that were started, in the order of the list.
    pub fn items(&self) -> &[BatchItem<T, E>] {
        &self.items
    }

    /// The items, by value.
    pub fn into_items(self) -> Vec<BatchItem<T, E>> {
        self.items
    }

    /// Why the batch ended.
    pub const fn reason(&self) -> CompletionReason {
        self.reason
    }

    /// Failed as soon as one item failed, also where that was tolerated.
    pub fn status(&self) -> BatchStatus {
        if self.has_failure() {
            BatchStatus::Failed
        } else {
            BatchStatus::Succeeded
        }
    }

    /// The values of the items that succeeded, in the order of the list.
    pub fn succeeded(&self) -> impl Iterator<Item = &T> {
        self.results().filter_map(|result| result.as_ref().ok())
    }

    /// The items that failed, in the order of the list.
    pub fn failed(&self) -> impl Iterator<Item = &BatchItem<T, E>> {
        self.items
            .iter()
            .filter(|item| item.status() == ItemStatus::Failed)
    }

    /// The errors of the items that failed, in the order of the list.
    pub fn errors(&self) -> impl Iterator<Item = &E> {
        self.results().filter_map(|result| result.as_ref().err())
    }

    /// Whether an item failed.
    pub fn has_failure(&self) -> bool {
        self.errors().next().is_some()
    }

    /// How many items succeeded.
    pub fn success_count(&self) -> usize {
        self.succeeded().count()
    }

    /// How many items failed.
    pub fn failure_count(&self) -> usize {
        self.errors().count()
    }

    /// How many items ran when the batch was complete, and were abandoned.
    pub fn started_count(&self) -> usize {
        self.items.len() - self.results().count()
    }

    /// How many items were started, whatever became of them.
    pub fn total_count(&self) -> usize {
        self.items.len()
    }

    /// The values of the items that succeeded, or the first error, in the order of the list.
    ///
    /// # Errors
    /// When an item failed, tolerated or not.
    pub fn into_result(self) -> Result<Vec<T>, E> {
        self.items
            .into_iter()
            .filter_map(|item| item.result)
            .collect()
    }

    fn results(&self) -> impl Iterator<Item = &Result<T, E>> {
        self.items.iter().filter_map(|item| item.result.as_ref())
    }
}
