//! `invoke`: another workflow, called through the service.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, in its helpers too"
)]

mod common;

use common::{Journal, MODES, lines};
use durable_engine::{RunError, TestEngine};
use durable_runtime::prelude::*;
use durable_runtime::{Codec, CodecFuture, PayloadContext};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Order {
    cents: u32,
}

#[step(retry = none)]
async fn pay(journal: &Journal, cents: u32) -> Result<u32> {
    journal.note(format!("pay {cents}"));
    if cents == 0 {
        return Err(Error::with_type("NothingToPay", "no cents").with_data(&cents));
    }
    Ok(cents)
}

#[durable_workflow]
async fn billing(order: Order, #[state] journal: Journal) -> Result<Option<Order>> {
    let cents = pay(&journal, order.cents).await?;
    sleep(Duration::from_hours(1)).await;
    Ok((cents != 13).then_some(Order { cents: cents * 2 }))
}

#[durable_workflow]
async fn shop(orders: Vec<Order>) -> Result<Vec<String>> {
    let mut bills = Vec::new();
    for order in &orders {
        let bill = invoke::<Option<Order>>("billing", order)
            .keyed(order.cents)
            .label(format!("bill {}", order.cents))
            .await;
        bills.push(match bill {
            Ok(bill) => format!("{:?}", bill.map(|bill| bill.cents)),
            Err(InvokeError::Failed(error)) => format!("{error} {:?}", error.error_data),
            Err(other) => format!("other: {other}"),
        });
    }
    sleep(Duration::from_secs(1)).await;
    Ok(bills)
}

#[tokio::test]
async fn results_and_errors_come_back_typed() {
    for (mode, with) in MODES {
        let journal = Journal::default();
        let engine = with(
            TestEngine::builder()
                .register(shop)
                .register(billing)
                .state(journal.clone()),
        );
        let engine = engine.start().await.unwrap();
        let orders = [2, 0, 13].map(|cents| Order { cents });
        let run = engine.start(shop, orders.to_vec()).await.unwrap();
        assert_eq!(
            run.result().await.unwrap(),
            ["Some(4)", r#"NothingToPay: no cents Some("0")"#, "None"],
            "{mode}"
        );
        assert_eq!(journal.all(), ["pay 2", "pay 0", "pay 13"], "{mode}");
        let found: Vec<_> = lines(&run)
            .await
            .into_iter()
            .filter(|line| line.starts_with("Chained"))
            .collect();
        assert_eq!(
            found,
            [
                "ChainedInvokeStarted bill 2",
                r#"ChainedInvokeSucceeded bill 2 {"cents":4}"#,
                "ChainedInvokeStarted bill 0",
                "ChainedInvokeFailed bill 0",
                "ChainedInvokeStarted bill 13",
                "ChainedInvokeSucceeded bill 13 null",
            ],
            "{mode}"
        );
    }
}

#[durable_workflow]
async fn trusting(cents: u32) -> Result<u32> {
    let (bill, _) = try_join!(
        bill => async { child("bill", || async { bill_of(cents).await }).await.map_err(Error::from) },
        beside => async {
            sleep(Duration::from_mins(1)).await;
            Ok::<_, Error>(())
        },
    )?;
    Ok(bill.cents)
}

#[durable_workflow]
async fn bill_of(cents: u32) -> Result<Order, InvokeError> {
    invoke("billing:$LATEST", &Order { cents }).await
}

#[tokio::test]
async fn an_error_goes_through_children_and_the_execution_under_its_own_name() {
    for (mode, with) in MODES {
        let engine = with(
            TestEngine::builder()
                .register(trusting)
                .register(bill_of)
                .register(billing)
                .state(Journal::default()),
        );
        let engine = engine.start().await.unwrap();
        let run = engine.start(trusting, 4).id("good").await.unwrap();
        assert_eq!(run.result().await.unwrap(), 8, "{mode}");
        let run = engine.start(trusting, 0).id("bad").await.unwrap();
        let RunError::Workflow(error) = run.result().await.unwrap_err() else {
            panic!("{mode}");
        };
        assert_eq!(error.type_name(), "NothingToPay", "{mode}");
        assert_eq!(error.to_string(), "no cents", "{mode}");
        assert_eq!(error.data(), Some(0), "{mode}");
    }
}

#[durable_workflow]
async fn hasty() -> Result<String> {
    let raced = race!(
        billed => invoke::<Order>("billing", &Order { cents: 1 }),
        late => sleep(Duration::from_mins(1)),
    );
    Ok(match raced {
        durable_runtime::Race2::First(bill) => format!("{bill:?}"),
        durable_runtime::Race2::Second(()) => "late".to_owned(),
    })
}

#[tokio::test]
async fn a_call_that_loses_a_race_is_left_alone() {
    for (mode, with) in MODES {
        let journal = Journal::default();
        let engine = with(
            TestEngine::builder()
                .register(hasty)
                .register(billing)
                .state(journal.clone()),
        );
        let engine = engine.start().await.unwrap();
        let run = engine.start(hasty, ()).await.unwrap();
        assert_eq!(run.result().await.unwrap(), "late", "{mode}");
    }
}

/// Wraps what is sent, and takes what comes as text.
struct Envelope;

impl Codec for Envelope {
    fn encode<'a>(&'a self, payload: String, _: PayloadContext<'a>) -> CodecFuture<'a> {
        Box::pin(async move { Ok(format!(r#"{{"cents":{payload}}}"#)) })
    }
    fn decode<'a>(&'a self, recorded: String, _: PayloadContext<'a>) -> CodecFuture<'a> {
        Box::pin(async move { Ok(serde_json::to_string(&recorded).unwrap()) })
    }
}

#[durable_workflow]
async fn enveloped() -> Result<String> {
    Ok(invoke("billing", &3)
        .input_codec(Envelope)
        .codec(Envelope)
        .await?)
}

#[tokio::test]
async fn codecs_write_the_input_and_read_the_result() {
    for (mode, with) in MODES {
        let engine = with(
            TestEngine::builder()
                .register(enveloped)
                .register(billing)
                .state(Journal::default()),
        );
        let engine = engine.start().await.unwrap();
        let run = engine.start(enveloped, ()).await.unwrap();
        assert_eq!(run.result().await.unwrap(), r#"{"cents":6}"#, "{mode}");
    }
}
