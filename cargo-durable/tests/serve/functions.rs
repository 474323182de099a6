//! The functions under test: this binary behaves as a bootstrap where its environment says so.

use std::path::PathBuf;

use durable_runtime::lambda;
use durable_runtime::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Order {
    pub(crate) id: String,
    pub(crate) crash: bool,
    pub(crate) wait_seconds: u64,
}

/// Where the processes of the test leave what they did.
#[derive(Clone, Debug)]
struct Notes(PathBuf);

#[step]
async fn charge(cx: &StepContext, order: &Order) -> Result<String> {
    // What a function knows of the credentials that the server was started with.
    let names = [
        "AWS_ACCESS_KEY_ID",
        "DURABLE_ACCESS_KEY_ID",
        "DURABLE_SECRET_ACCESS_KEY",
    ];
    let known: Vec<_> = names
        .into_iter()
        .filter_map(|it| std::env::var(it).ok())
        .collect();
    let credentials = known.join(",");
    tracing::info!(order = order.id, credentials, "charging");
    if cx.attempt() == 1 {
        return Err(Error::msg("the gateway is busy"));
    }
    Ok(format!("paid {}", order.id))
}

/// Ends the whole process the first time.
#[step]
async fn ship(notes: &Notes, order: &Order) -> Result<String> {
    let been_here = notes.0.join(&order.id);
    if order.crash && !been_here.exists() {
        std::fs::write(been_here, "")?;
        tracing::info!("about to crash");
        std::process::exit(1);
    }
    Ok(format!("shipped {}", order.id))
}

#[durable_workflow]
async fn fulfil(order: Order, #[state] notes: Notes) -> Result<String> {
    let paid = charge(&order)
        .retry(durable_runtime::Exponential::new().initial_delay(Duration::from_secs(1)))
        .await?;
    tracing::info!("charged");
    sleep(Duration::from_secs(order.wait_seconds)).await;
    let shipped = ship(&notes, &order).await?;
    Ok(format!("{paid}, {shipped}"))
}

/// Blocks a thread for longer than the function may take, the first time.
#[step]
async fn press(cx: &StepContext, notes: &Notes, order: &Order) -> Result<u32> {
    let been_here = notes.0.join(&order.id);
    if !been_here.exists() {
        std::fs::write(been_here, std::process::id().to_string())?;
        cx.spawn_blocking(|| std::thread::sleep(Duration::from_mins(10)))
            .await;
    }
    Ok(std::process::id())
}

#[durable_workflow]
async fn stubborn(order: Order, #[state] notes: Notes) -> Result<String> {
    let process = press(&notes, &order).await?;
    #[allow_durable(DW012, reason = "the file never changes once `press` has returned")]
    let first = std::fs::read_to_string(notes.0.join(&order.id))?;
    Ok(if process.to_string() == first {
        "the same process".to_owned()
    } else {
        "another process".to_owned()
    })
}

/// A test for the harness, which does nothing there.
#[test]
fn bootstrap_process() {
    if std::env::var_os("AWS_LAMBDA_RUNTIME_API").is_none() {
        return;
    }
    let notes = Notes(std::env::var_os("NOTES").unwrap().into());
    let host = match std::env::var("_HANDLER").as_deref() {
        Ok("stubborn") => lambda::host(stubborn),
        _ => lambda::host(fulfil),
    };
    let ended = host.state(notes).run_blocking();
    // A real bootstrap has no test harness around it.
    std::process::exit(i32::from(ended.is_err()));
}
