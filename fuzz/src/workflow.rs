//! [`everything`]: a workflow with an operation of each kind, which decides nothing by its input's size.

use durable_runtime::prelude::*;

#[step(retry = exponential(max_attempts = 3, initial_delay = "1s", jitter = "none"))]
async fn price(cx: &StepContext, item: u32) -> Result<u32> {
    match cx.attempt() {
        1 if item % 3 == 0 => Err(Error::msg("not yet")),
        _ => Ok(item.wrapping_mul(10)),
    }
}

#[durable_helper]
async fn total(items: &[u32]) -> Result<u32> {
    let mut sum = 0_u32;
    for item in items {
        sum = sum.wrapping_add(price(*item).keyed(item).await?);
    }
    Ok(sum)
}

/// Steps that fail and succeed, a helper, a race, a `map`, a child, a poll, callbacks, an invoke, sleeps and values.
#[durable_workflow]
pub async fn everything(items: Vec<u32>) -> Result<u32> {
    // However long the input is, the run isn't.
    let items: Vec<u32> = items.into_iter().take(4).collect();
    let sum = total(&items).await?;
    let raced = match race!(quick => price(7).named("quick"), late => sleep(Duration::from_hours(1)))
    {
        quick(cents) => cents?,
        late(()) => 0,
    };
    let all = map(&items, |item| async move { price(*item).await }).await?;
    let counted = child("count", || async { price(8).named("in child").await }).await?;
    let polled = poll_until(0_u32, |n| async move { Ok::<_, Error>(n + 1) })
        .until(|n| *n == 2)
        .await?;
    let _started = now().await;
    let callback = create_callback::<u32>().await?;
    let answer: u32 = wait_for_callback(|_id| price(3))
        .timeout(Duration::from_hours(9))
        .await
        .unwrap_or(4);
    let called = callback.result().await.unwrap_or(5);
    let (left, right) = join!(price(5).named("left"), price(6).named("right"));
    sleep(Duration::from_hours(24)).await;
    let last = price(9).named("last").await?;
    let parts = [
        sum, raced, counted, polled, answer, called, left?, right?, last,
    ];
    let whole = parts.into_iter().chain(all).fold(0_u32, u32::wrapping_add);
    Ok(whole)
}
