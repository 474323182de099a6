//! What the SDK shows of an execution.

use aws_sdk_lambda::Client;
use aws_sdk_lambda::primitives::DateTime;
use aws_sdk_lambda::types::{EventType, ExecutionStatus};

/// Pages of state: in the order of starts, without what a completed context stands for.
pub(super) async fn pages(client: &Client, arn: &str, token: &str) {
    let state = || {
        let state = client.get_durable_execution_state();
        state.durable_execution_arn(arn).checkpoint_token(token)
    };
    let (mut ids, mut times, mut marker) = (Vec::new(), Vec::new(), None);
    loop {
        let page = state()
            .max_items(2)
            .set_marker(marker)
            .send()
            .await
            .unwrap();
        assert!((1..=2).contains(&page.operations().len()));
        for operation in page.operations() {
            ids.push(operation.id().to_owned());
            times.push(*operation.start_timestamp());
        }
        marker = page.next_marker().map(str::to_owned);
        if marker.is_none() {
            break;
        }
    }
    let execution = arn.rsplit('/').next().unwrap();
    let expected = [
        execution, "charge", "closed", "kept", "kept-0", "approve", "pause",
    ];
    assert_eq!(ids, expected);
    assert!(times.is_sorted());
    let paged = state().into_paginator().page_size(3).items().send();
    let paged: Vec<_> = paged.collect::<Result<Vec<_>, _>>().await.unwrap();
    assert!(paged.iter().map(|it| it.id()).eq(expected));
}

/// What can be seen of an execution that succeeded.
pub(super) async fn afterwards(client: &Client, arn: &str) {
    let get = || client.get_durable_execution().durable_execution_arn(arn);
    let got = get().send().await.unwrap();
    assert_eq!(got.status(), &ExecutionStatus::Succeeded);
    assert_eq!(got.result(), Some("\"shipped\""));
    assert_eq!(got.input_payload(), Some(r#"{"order":42}"#));
    assert_eq!(got.durable_execution_name(), "whole");
    let took = got.end_timestamp().unwrap().secs() - got.start_timestamp().secs();
    assert_eq!(took, 3600);

    let history = || {
        client
            .get_durable_execution_history()
            .durable_execution_arn(arn)
    };
    let all = history().send().await.unwrap();
    let ids: Vec<_> = all.events().iter().map(|event| event.event_id()).collect();
    assert_eq!(
        ids,
        (1..=i32::try_from(ids.len()).unwrap()).collect::<Vec<_>>()
    );
    let types: Vec<_> = all
        .events()
        .iter()
        .map(|event| event.event_type().unwrap())
        .collect();
    assert_eq!(types.first(), Some(&&EventType::ExecutionStarted));
    assert_eq!(types.last(), Some(&&EventType::ExecutionSucceeded));
    let approved = all
        .events()
        .iter()
        .find_map(|event| event.callback_succeeded_details());
    let approved = approved.unwrap().result().unwrap();
    assert_eq!(approved.payload(), Some(r#"{"by": "Ada" }"#));
    let reversed = history()
        .reverse_order(true)
        .into_paginator()
        .page_size(4)
        .items()
        .send();
    let reversed: Vec<_> = reversed.collect::<Result<Vec<_>, _>>().await.unwrap();
    assert!(reversed.iter().rev().map(|event| event.event_id()).eq(ids));
    let bare = history()
        .include_execution_data(false)
        .send()
        .await
        .unwrap();
    assert!(!format!("{bare:?}").contains("paid"));

    let list = || {
        client
            .list_durable_executions_by_function()
            .function_name("orders")
    };
    let names = |found: Vec<aws_sdk_lambda::types::Execution>| -> Vec<String> {
        found
            .into_iter()
            .map(|it| it.durable_execution_name)
            .collect()
    };
    let found = list()
        .statuses(ExecutionStatus::Succeeded)
        .statuses(ExecutionStatus::Failed);
    let found = found
        .send()
        .await
        .unwrap()
        .durable_executions
        .unwrap_or_default();
    assert_eq!(names(found), ["whole"]);
    let found = list().durable_execution_name("other").send().await.unwrap();
    assert_eq!(found.durable_executions().len(), 0);
    let never = list().started_after(DateTime::from_secs(4_000_000_000));
    assert_eq!(never.send().await.unwrap().durable_executions().len(), 0);
}
