//! The `nightly-report` example: a loop over customers, and a child workflow for each.
//!
//! `.keyed(&customer.id)` identifies each round of the loop by its customer instead of by its number: a deploy between a crash and the restart may sort the
//! customers otherwise or leave some out, and each keeps the statement that was recorded for it.

mod model;

pub use model::{Customer, Missing, Night, Outbox, Statement, Summary};

use durable_runtime::prelude::*;

/// Statements for all customers. One that fails doesn't keep the others from theirs.
#[durable_workflow]
pub async fn nightly_report(night: Night, #[state] outbox: Outbox) -> Result<Summary> {
    let mut summary = Summary::of(&night);
    for customer in &night.customers {
        match statement(customer.clone(), outbox.clone())
            .keyed(&customer.id)
            .await
        {
            Ok(statement) => summary.add(statement),
            Err(error) => summary.add_missing(&customer.id, &error),
        }
        // What the mail server asks for.
        sleep(Duration::from_secs(night.pause_seconds))
            .keyed(&customer.id)
            .await;
    }
    publish(&outbox, &summary).await?;
    Ok(summary)
}

/// One customer's statement: a workflow of its own, with its own steps in its own context.
#[durable_workflow]
pub async fn statement(customer: Customer, #[state] outbox: Outbox) -> Result<Statement> {
    let cents = sum_up(&customer).await;
    let file = deliver(&outbox, &customer, cents).await?;
    Ok(Statement {
        customer: customer.id,
        cents,
        file,
    })
}

/// Adds up what a customer used.
#[step]
pub async fn sum_up(customer: &Customer) -> u64 {
    customer
        .usage
        .iter()
        .fold(0, |sum, cents| sum.saturating_add(*cents))
}

/// Writes the statement into the outbox. The same statement again is the same file, so trying again is harmless.
#[step(retry_if = has_address)]
pub async fn deliver(outbox: &Outbox, customer: &Customer, cents: u64) -> Result<String> {
    let Some(email) = &customer.email else {
        return Err(Error::with_type(
            "NoAddress",
            format!("{} has no e-mail address", customer.id),
        ));
    };
    tracing::info!("{}: {cents} cents, to {email}", customer.id);
    Ok(outbox.write(
        &customer.id,
        &format!("To: {email}\nYou used {cents} cents.\n"),
    )?)
}

fn has_address(error: &Error) -> bool {
    !error.is("NoAddress")
}

/// Writes the summary of the night.
#[step]
pub async fn publish(outbox: &Outbox, summary: &Summary) -> Result<()> {
    tracing::info!(
        "{} statements, {} missing",
        summary.statements.len(),
        summary.missing.len()
    );
    outbox.write("summary", &serde_json::to_string_pretty(summary)?)?;
    Ok(())
}
