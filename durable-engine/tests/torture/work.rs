//! The workflow that is tortured: steps of both kinds, a map, retries, a callback, a sleep and parallel branches.
//!
//! Each step gives a value that no other run of it would give, so that a result which was lost and made again shows.

use durable_runtime::prelude::*;
use serde::{Deserialize, Serialize};

use crate::ledger::Ledger;

/// The steps whose attempts run at most once.
pub(crate) const AT_MOST_ONCE: [&str; 2] = ["charge", "ship"];

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Order {
    pub(crate) name: String,
    pub(crate) wait_seconds: u64,
}

/// What each step gave, by its name.
pub(crate) type Given = Vec<(String, String)>;

fn fresh() -> String {
    uuid::Uuid::new_v4().to_string()
}

// Each kill may use up an attempt.
#[step(semantics = "at_most_once", retry = exponential(max_attempts = 2_000, initial_delay = "1s", max_delay = "1s", jitter = "none"))]
async fn careful(cx: &StepContext, ledger: &Ledger, order: &str, step: &str) -> Result<String> {
    ledger.body(order, step, cx.attempt());
    Ok(fresh())
}

/// Fails at first where `good_from` says so.
#[step(retry = exponential(max_attempts = 2_000, initial_delay = "1s", max_delay = "1s", jitter = "none"))]
async fn again(
    cx: &StepContext,
    ledger: &Ledger,
    order: &str,
    step: &str,
    good_from: u32,
) -> Result<String> {
    ledger.body(order, step, cx.attempt());
    if cx.attempt() < good_from {
        return Err(Error::msg("busy"));
    }
    Ok(fresh())
}

#[step(retry = exponential(max_attempts = 2_000, initial_delay = "1s", max_delay = "1s", jitter = "none"))]
async fn ask(ledger: &Ledger, order: &str, id: CallbackId) -> Result<()> {
    ledger.asked(order, id.as_str());
    Ok(())
}

#[durable_workflow]
pub(crate) async fn order(order: Order, #[state] ledger: Ledger) -> Result<Given> {
    let (ledger, name) = (&ledger, &*order.name);
    let mut given = Given::new();
    let charged = careful(ledger, name, "charge").named("charge").await?;
    ledger.saw(name, "charge", &charged);
    given.push(("charge".to_owned(), charged));

    let items = vec![
        "pack 0".to_owned(),
        "pack 1".to_owned(),
        "pack 2".to_owned(),
    ];
    let packed = map(items, |item: String| async move {
        let good_from = if item == "pack 1" { 2 } else { 1 };
        let packed = again(ledger, name, &item, good_from).named("pack").await?;
        ledger.saw(name, &item, &packed);
        Ok::<_, Error>((item, packed))
    })
    .await?;
    given.extend(packed);

    let approved: String = wait_for_callback(|id| ask(ledger, name, id))
        .named("approval")
        .await?;
    ledger.saw(name, "approval", &approved);
    given.push(("approval".to_owned(), approved));
    sleep(Duration::from_secs(order.wait_seconds)).await;

    let (label, note) = try_join!(
        again(ledger, name, "label", 1).named("label"),
        again(ledger, name, "note", 2).named("note")
    )?;
    ledger.saw(name, "label", &label);
    ledger.saw(name, "note", &note);
    given.push(("label".to_owned(), label));
    given.push(("note".to_owned(), note));
    let shipped = careful(ledger, name, "ship").named("ship").await?;
    ledger.saw(name, "ship", &shipped);
    given.push(("ship".to_owned(), shipped));
    ledger.returns(name);
    Ok(given)
}
