//! Compensations: a step, a closure's owned captures, several operations, a called workflow; on every kind of step.
#![deny(warnings)]
use durable_runtime::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Clone)]
struct Clients;

/// Not `Clone`.
#[derive(Serialize, Deserialize)]
struct Seat(u32);

#[step]
async fn reserve(clients: &Clients, row: u32) -> Result<Seat> {
    let _ = clients;
    Ok(Seat(row))
}

#[step]
async fn release(seat: Seat) {
    drop(seat);
}

#[step]
async fn release_for(clients: Clients, seat: Seat) -> Result<(), String> {
    drop((clients, seat));
    Ok(())
}

#[step]
async fn release_one(clients: &Clients, seat: &Seat) -> Result<u32> {
    let _ = clients;
    Ok(seat.0)
}

#[durable_workflow]
async fn release_slowly(seat: Seat) -> Result<()> {
    sleep(Duration::from_secs(60)).await;
    release(seat).await;
    Ok(())
}

#[durable_workflow]
async fn trip(rows: Vec<u32>, #[state] clients: Clients) -> Result<u32> {
    let first = reserve(&clients, 1).compensate(release).await?;
    let own = clients.clone();
    reserve(&clients, 2)
        .named("second")
        .retry(NoRetry)
        .compensate(move |seat| release_for(own, seat))
        .timeout(Duration::from_secs(5))
        .await?;
    reserve(&clients, 3)
        .compensate(|seat| release_slowly(seat).named("slowly"))
        .named("third")
        .await?;
    for row in &rows {
        let clients = clients.clone();
        reserve(&clients.clone(), *row)
            .named("each")
            .keyed(row)
            .compensate(move |seat| async move {
                release_one(&clients, &seat).await?;
                sleep(Duration::from_secs(1)).await;
                Ok::<_, Error>(())
            })
            .await?;
    }
    let inline = step("inline", || async { Ok::<_, Error>(Seat(9)) })
        .compensate(release)
        .await?;
    Ok(first.0 + inline.0)
}

fn main() {
    let _ = trip;
}
