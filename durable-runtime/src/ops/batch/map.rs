//! [`map`]: one block for each item of a list.

use std::marker::PhantomData;

use super::build::{BatchKind, InlineBatch, ItemFunction};
use crate::durable::Durable;
use crate::invocation::op::{MAP, MAP_ITERATION};

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
pub fn map<I, F, D>(items: I, function: F) -> InlineBatch<I::Item, MapFunction<F>, D::Output>
where
    I: IntoIterator,
    F: Fn(I::Item) -> D + Send + Sync,
    D: Durable,
{
    new(items, MapFunction(function))
}

/// Called by generated code for a closure that takes an index.
#[doc(hidden)]
pub fn map_indexed<I, F, D>(
    items: I,
    function: F,
) -> InlineBatch<I::Item, IndexedFunction<F>, D::Output>
where
    I: IntoIterator,
    F: Fn(I::Item, usize) -> D + Send + Sync,
    D: Durable,
{
    new(items, IndexedFunction(function))
}

fn new<I: IntoIterator, F, Out>(items: I, function: F) -> InlineBatch<I::Item, F, Out> {
    InlineBatch {
        kind: &KIND,
        items: items.into_iter().collect(),
        names: Vec::new(),
        function,
        output: PhantomData,
    }
}

/// The closure of a map.
#[doc(hidden)]
#[derive(Debug)]
pub struct MapFunction<F>(F);

/// The closure of a map that takes an index.
#[doc(hidden)]
#[derive(Debug)]
pub struct IndexedFunction<F>(F);

impl<T, F, D> ItemFunction<T> for MapFunction<F>
where
    F: Fn(T) -> D + Send + Sync,
    D: Durable + Send,
{
    type Durable = D;

    fn __call(&self, item: T, _: usize) -> D {
        (self.0)(item)
    }
}

impl<T, F, D> ItemFunction<T> for IndexedFunction<F>
where
    F: Fn(T, usize) -> D + Send + Sync,
    D: Durable + Send,
{
    type Durable = D;

    fn __call(&self, item: T, index: usize) -> D {
        (self.0)(item, index)
    }
}
