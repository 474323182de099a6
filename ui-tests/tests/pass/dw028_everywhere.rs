use std::time::Instant;

use durable_runtime::prelude::*;

mod lists {
    pub fn map(items: &[u32], add: impl Fn(u32) -> u32) -> Vec<u32> {
        items.iter().map(|item| add(*item)).collect()
    }
}

#[step]
async fn send(to: u32) -> Result<u32> {
    Ok(to)
}

#[durable_workflow]
async fn timed(items: Vec<u32>) -> Result<u32> {
    let (first, second) = try_join!(
        send(1),
        slow => async {
            #[allow_durable(DW003, reason = "only for a log line")]
            let started = Instant::now();
            let sent = send(2).named("second").await;
            log(started);
            sent
        },
    )?;
    let sent: Vec<u32> = map(items, |item| async move {
        #[allow_durable(DW003, reason = "only for a log line")]
        let started = Instant::now();
        let sent = send(item).named("each").await;
        log(started);
        sent
    })
    .await?;
    Ok(first + second + sent.len() as u32)
}

#[durable_workflow]
async fn own_map(items: Vec<u32>) -> Result<u32> {
    use lists::map;
    let more = map(&items, |item| item + 1);
    send(more.len() as u32).await
}

fn log(_: Instant) {}

fn main() {
    let _ = (timed, own_map);
}
