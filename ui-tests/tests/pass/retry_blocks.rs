//! Retry blocks of all shapes.
#![deny(warnings)]
use durable_runtime::prelude::*;

#[step]
async fn book(seat: &u32) -> Result<u32> {
    Ok(*seat)
}

#[durable_workflow]
pub async fn travel(seats: Vec<u32>) -> Result<u32> {
    let mut sum = retry_block("direct", || book(&7)).retry(NoRetry).await?;
    for seat in &seats {
        sum += retry_block("book", || async {
            let booked = book(seat).named("booked").await?;
            sleep(Duration::from_secs(1)).await;
            Ok::<_, Error>(booked)
        })
        .keyed(seat)
        .label(format!("seat {seat}"))
        .retry(Exponential::new().max_attempts(3))
        .await?;
    }
    let (one, two) = try_join!(
        retry_block("one", || async { book(&1).named("first").await }),
        retry_block("two", || child("inner", || async { book(&2).named("second").await })),
    )?;
    Ok(sum + one + two)
}

fn main() {}
