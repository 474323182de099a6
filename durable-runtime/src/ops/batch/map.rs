//! [`map`]: one block for each item of a list.

use super::build::{BatchKind, InlineBatch, ItemFunction, Running};
use crate::durable::{Durable, Tuning};
use crate::invocation::op::{MAP, MAP_ITERATION};
use crate::site::Site;

static KIND: BatchKind = BatchKind {
    batch: &MAP,
    item: &MAP_ITERATION,
    stem: "map-item",
};

/// Does the same for each item of a list, side by side: `map(items, |item| async move { … }).await`.
///
/// The items may be owned or borrowed (`map(&order.lines, …)`), and the closure may take the item's index as a second argument. Each item is a context of its own
/// in the history, so a replay takes the result of an item that has finished from its record. The closure is an `Fn`, because it runs again on replay; what it
/// uses from around, it borrows.
///
/// Awaited, it gives the values in the order of the list: a `Vec<T>`, or a `Result<Vec<T>, E>` where the closure's block returns a `Result`. The first
/// failure ends it then. See [`Batch`](crate::Batch) for what can be said about it: how many run at once, keys, policies, codecs.
///
/// ```
/// use durable_runtime::prelude::*;
///
/// #[step]
/// async fn quote(shop: &str, sku: &str) -> Result<u64> { Ok((shop.len() * sku.len()) as u64) }
///
/// #[durable_workflow]
/// async fn quotes(skus: Vec<String>) -> Result<u64> {
///     let shop = &"corner shop".to_owned();
///     let quotes = map(&skus, |sku| async move {
///         sleep(Duration::from_secs(1)).await;
///         quote(shop, sku).await
///     })
///     .concurrency(10)
///     .await?;
///     Ok(quotes.iter().sum())
/// }
/// # let _ = quotes;
/// ```
pub fn map<'a, I, F, D>(items: I, function: F) -> InlineBatch<'a, I::Item, D::Output>
where
    I: IntoIterator<Item: 'a>,
    F: Fn(I::Item) -> D + Send + Sync + 'a,
    D: Durable + Send + 'a,
{
    InlineBatch {
        kind: &KIND,
        items: items.into_iter().collect(),
        names: Vec::new(),
        function: Box::new(MapFunction(function)),
    }
}

/// Called by generated code for a closure that takes an index.
#[doc(hidden)]
pub fn map_indexed<'a, I, F, D>(items: I, function: F) -> InlineBatch<'a, I::Item, D::Output>
where
    I: IntoIterator<Item: 'a>,
    F: Fn(I::Item, usize) -> D + Send + Sync + 'a,
    D: Durable + Send + 'a,
{
    InlineBatch {
        kind: &KIND,
        items: items.into_iter().collect(),
        names: Vec::new(),
        function: Box::new(IndexedFunction(function)),
    }
}

struct MapFunction<F>(F);

struct IndexedFunction<F>(F);

impl<'a, T, F, D> ItemFunction<'a, T, D::Output> for MapFunction<F>
where
    F: Fn(T) -> D + Send + Sync,
    D: Durable + Send + 'a,
{
    fn start(&self, item: T, _: usize, site: &'static Site) -> Running<'a, D::Output> {
        Box::pin((self.0)(item).__operation(site, Tuning::default()))
    }
}

impl<'a, T, F, D> ItemFunction<'a, T, D::Output> for IndexedFunction<F>
where
    F: Fn(T, usize) -> D + Send + Sync,
    D: Durable + Send + 'a,
{
    fn start(&self, item: T, index: usize, site: &'static Site) -> Running<'a, D::Output> {
        Box::pin((self.0)(item, index).__operation(site, Tuning::default()))
    }
}
