//! The `fulfilment` example: an order from payment to delivery.
//!
//! The workflow is a plain async function. What makes it durable are the two attributes: `#[durable_workflow]` on it, and `#[step]` on the functions that do
//! something to the world. Here that is a line in a ledger file for each attempt, so that one can see what really happened, and how often.

mod model;

pub use model::{ChargeError, Delivery, InvalidOrder, Line, Order, Receipt};

use durable_runtime::prelude::*;

use crate::shared::Ledger;

/// An order from payment to delivery.
#[durable_workflow]
pub async fn fulfil(order: Order, #[state] ledger: Ledger) -> Result<Delivery> {
    let total = validate(&ledger, &order).await?;

    let receipt = match charge(&ledger, &order, total).await {
        Ok(receipt) => receipt,
        Err(ChargeError::Declined { card, deposit }) => {
            refund(&ledger, &order, deposit).await?;
            return Ok(Delivery::Refused {
                card,
                refunded: deposit,
            });
        }
        Err(error) => return Err(error.into()),
    };

    let (shelf, label) = try_join!(reserve_stock(&ledger, &order), print_label(&ledger, &order))?;

    sleep(Duration::from_secs(order.wait_seconds)).await;

    let tracking = ship(&ledger, &order, &label).await?;
    notify(&ledger, &order, &tracking).await?;
    Ok(Delivery::Shipped {
        receipt,
        shelf,
        tracking,
    })
}

/// Checks an order before anything is done for it. A bad order stays bad, so only a ledger that can't be written is tried again.
#[step(retry_if = may_pass)]
pub async fn validate(cx: &StepContext, ledger: &Ledger, order: &Order) -> Result<u64> {
    let total = order.total()?;
    ledger.write(cx, &order.id, "validate", format!("{total} cents"))?;
    Ok(total)
}

fn may_pass(error: &Error) -> bool {
    !error.is("InvalidOrder")
}

/// Takes the money. The gateway is busy at the first attempt, and the strategy tries again.
///
/// At most once per attempt: an attempt that a crash interrupted is over, whatever came of it. The next one has the same idempotency key, by which a
/// gateway knows a charge that it has made already.
#[step(
    semantics = "at_most_once",
    retry = exponential(max_attempts = 10, initial_delay = "1s", max_delay = "2s", jitter = "none"),
    retry_if = ChargeError::is_transient,
)]
pub async fn charge(
    cx: &StepContext,
    ledger: &Ledger,
    order: &Order,
    total: u64,
) -> Result<Receipt, ChargeError> {
    ledger.write(
        cx,
        &order.id,
        "charge",
        format!("{total} cents, key {}", cx.idempotency_key()),
    )?;
    if order.card == "busy" || cx.attempt() == 1 {
        return Err(ChargeError::GatewayBusy);
    }
    if order.card == "declined" {
        return Err(ChargeError::Declined {
            card: order.card.clone(),
            deposit: total / 10,
        });
    }
    Ok(Receipt {
        payment: format!("pay-{}", order.id),
        cents: total,
    })
}

/// Gives back what the gateway had taken of a declined card.
#[step]
pub async fn refund(cx: &StepContext, ledger: &Ledger, order: &Order, deposit: u64) -> Result<()> {
    ledger.write(cx, &order.id, "refund", format!("{deposit} cents"))
}

/// Takes the items off the shelf.
#[step]
pub async fn reserve_stock(cx: &StepContext, ledger: &Ledger, order: &Order) -> Result<String> {
    ledger.write(
        cx,
        &order.id,
        "reserve_stock",
        format!("{} items", order.items()),
    )?;
    Ok(format!("shelf-{}", order.lines.len()))
}

/// Prints the parcel's label.
#[step]
pub async fn print_label(cx: &StepContext, ledger: &Ledger, order: &Order) -> Result<String> {
    ledger.write(
        cx,
        &order.id,
        "print_label",
        format!("for {}", order.customer),
    )?;
    Ok(format!("label-{}", order.id))
}

/// Hands the parcel to the carrier, at most once per attempt like [`charge`].
#[step(
    semantics = "at_most_once",
    retry = exponential(max_attempts = 10, initial_delay = "1s", max_delay = "2s", jitter = "none"),
)]
pub async fn ship(cx: &StepContext, ledger: &Ledger, order: &Order, label: &str) -> Result<String> {
    ledger.write(
        cx,
        &order.id,
        "ship",
        format!("{label}, key {}", cx.idempotency_key()),
    )?;
    Ok(format!("track-{}", order.id))
}

/// Tells the customer.
#[step]
pub async fn notify(
    cx: &StepContext,
    ledger: &Ledger,
    order: &Order,
    tracking: &str,
) -> Result<()> {
    ledger.write(
        cx,
        &order.id,
        "notify",
        format!("{}: on its way as {tracking}", order.customer),
    )
}
