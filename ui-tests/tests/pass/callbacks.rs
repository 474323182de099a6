//! The result of a callback, wherever it is awaited; closures of all shapes for a submitter.
#![deny(warnings)]
use durable_runtime::prelude::*;

#[derive(serde::Deserialize)]
pub struct Approval {
    by: String,
}

#[step]
async fn ask(id: &CallbackId, order: &str) -> Result<()> {
    let _ = (id.as_str(), order);
    Ok(())
}

#[step]
async fn mail(id: CallbackId, orders: &[String]) -> Result<usize> {
    Ok(id.to_string().len() + orders.len())
}

#[durable_workflow]
pub async fn approve(orders: Vec<String>) -> Result<String> {
    let legal = create_callback::<Approval>().await?;
    for order in &orders {
        ask(legal.id(), order).keyed(order).await?;
    }
    let copy = legal.clone();
    let by = child("legal", || async { Ok::<_, Error>(copy.result().await?.by) }).await?;
    let pending = legal.result();
    let again = pending.await?.by;
    let (one, two) = join!(
        wait_for_callback::<u32, _, _>(|id| mail(id, &orders)).named("one"),
        two => async {
            match race!(answered => legal.result(), late => sleep(Duration::from_secs(1))) {
                answered(approval) => approval.map(|approval| approval.by),
                late(()) => Err(CallbackError::TimedOut),
            }
        },
    );
    let count = orders.len();
    let three: Option<String> = wait_for_callback(move |id| async move { (id, count) })
        .retry(Exponential::new().max_attempts(2))
        .timeout(Duration::from_secs(60))
        .label(format!("order of {count}"))
        .keyed(count)
        .await?;
    let four: bool = Box::pin(invoke("other", &three)).named("four").await?;
    Ok(format!("{by} {again} {} {} {three:?} {four}", one?, two?))
}

fn main() {}
