//! Identity `v1`, pinned: the ids that operations get at run time, root and nested. They are in stored histories, so these literals must
//! never change. They were computed with Python's hashlib from the table in `docs/identity.md`, not with this code.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, in its helpers too"
)]

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use durable_runtime::host::{
    Backend, BackendError, Checkpointed, Invocation, InvocationOptions, Outcome, Registration,
    State, StatePage,
};
use durable_runtime::prelude::*;
use durable_runtime::wire::{
    InvocationInput, Operation, OperationAction, OperationStatus, OperationUpdate, StepDetails,
    Timestamp,
};

#[step]
async fn charge(cents: u32) -> Result<u32> {
    Ok(cents)
}

#[step]
async fn bill(sku: &str) -> Result<String> {
    Ok(sku.to_owned())
}

#[durable_workflow]
async fn audit() -> Result<u32> {
    charge(7).await
}

#[durable_workflow]
async fn fulfil() -> Result<String> {
    charge(1).await?;
    for sku in ["pot", "cup", "pot"] {
        bill(sku).keyed(sku).await?;
    }
    for cents in 0..2 {
        charge(cents).named("again").await?;
    }
    let (one, two) = join!(
        charge(2).named("left"),
        right => async { charge(3).named("right").await },
    );
    one?;
    two?;
    child("inner", || async { charge(4).named("in child").await }).await?;
    audit().await?;
    Ok(uuid().to_string())
}

/// Says yes to everything, and remembers ids by name.
#[derive(Default)]
struct Yes {
    ids: Mutex<Vec<(String, String)>>,
}

impl Backend for Yes {
    async fn checkpoint(
        &self,
        _: &str,
        updates: &[OperationUpdate],
    ) -> Result<Checkpointed, BackendError> {
        let mut operations = BTreeMap::new();
        for update in updates {
            if update.action == OperationAction::Start {
                let name = update.name.clone().unwrap_or_default();
                self.ids.lock().unwrap().push((name, update.id.clone()));
            }
            let status = match update.action {
                OperationAction::Start => OperationStatus::Started,
                _ => OperationStatus::Succeeded,
            };
            let mut operation = Operation::new(
                &*update.id,
                update.operation_type,
                status,
                Timestamp::from_millis(0),
            );
            operation.sub_type.clone_from(&update.sub_type);
            operation.step_details = Some(StepDetails {
                result: update.payload.clone(),
                ..StepDetails::default()
            });
            operations.insert(update.id.clone(), operation);
        }
        let operations = operations.into_values().collect();
        Ok(Checkpointed {
            token: Some("token".to_owned()),
            operations,
            next_marker: None,
        })
    }

    async fn state(&self, _: &str, _: &str) -> Result<StatePage, BackendError> {
        Ok(StatePage::default())
    }

    fn now(&self) -> Timestamp {
        Timestamp::from_millis(0)
    }
}

#[tokio::test]
async fn the_ids_of_v1() {
    let input: InvocationInput = serde_json::from_value(serde_json::json!({
        "DurableExecutionArn": "arn:aws:lambda:xx-local-1:000000000000:function:fulfil:1/durable-execution/one/one",
        "CheckpointToken": "token",
        "InitialExecutionState": { "Operations": [
            { "Id": "one", "Type": "EXECUTION", "Status": "STARTED", "StartTimestamp": 0, "ExecutionDetails": { "InputPayload": "null" } }
        ] }
    }))
    .unwrap();
    let backend = Arc::new(Yes::default());
    let registration = Arc::new(Registration::new::<fulfil>(State::new()));
    let mut invocation = Invocation::new(
        registration,
        Arc::clone(&backend),
        input,
        InvocationOptions::default(),
    );

    let Outcome::Succeeded(result) = invocation.run().await else {
        panic!("it did not succeed")
    };

    let ids = backend.ids.lock().unwrap().clone();
    let expected = include_str!("data/identity-v1.txt");
    let written: String = ids
        .iter()
        .map(|(name, id)| format!("{name}\t{id}\n"))
        .collect();
    assert_eq!(
        format!("{written}uuid\t{}\n", result.trim_matches('"')),
        expected
    );
}
