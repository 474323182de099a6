//! Steps have type parameters, and so have workflows that are children.
#![deny(warnings)]
use durable_runtime::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;

#[step]
async fn echo<T: Serialize + DeserializeOwned + Send + Sync + Clone>(value: &T) -> Result<T> {
    Ok(value.clone())
}

#[step]
async fn sum<const N: usize>(numbers: [u32; N]) -> u32
where
    [u32; N]: Send,
{
    numbers.iter().sum()
}

#[durable_workflow]
async fn twice<T>(value: T) -> Result<(T, T)>
where
    T: Serialize + DeserializeOwned + Send + Sync + Clone,
{
    let first = echo(&value).await?;
    let second = echo(&value).named("second").await?;
    Ok((first, second))
}

#[durable_workflow]
pub async fn root(text: String) -> Result<(String, String)> {
    let total = sum([1, 2, 3]).await;
    twice(format!("{text}{total}")).await
}

fn main() {}
