//! What every store must do, continued: every value comes back as it was, and the lists are right.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, its helpers too"
)]

mod store_support;

use std::sync::Arc;

use durable_engine::{
    core::{
        Commit, EventDetails, EventError, ExecutionStatus, LastCheckpoint, OpenInvocation,
        ServiceDetails,
    },
    store::{Created, ListFilter, Store},
};
use durable_runtime::wire::{
    CallbackDetails, ChainedInvokeDetails, ContextDetails, ErrorObject, Operation, OperationStatus,
    OperationType, StepDetails,
};
use store_support::*;

conformance! {
    given_every_field_set_when_stored_then_every_field_comes_back
    given_operations_of_every_type_when_stored_then_each_comes_back_as_it_was
    given_a_large_payload_when_stored_then_every_byte_comes_back
    given_open_and_ended_executions_when_recovering_then_the_open_ones_come_with_their_deadline
    given_many_executions_when_listing_then_filters_and_pages_hold
}

type Tested = Arc<dyn Store>;

async fn create(store: &Tested, workflow: &str, name: &str) {
    assert_eq!(
        store.create(created(workflow, name)).await.unwrap(),
        Created::New
    );
}

async fn given_every_field_set_when_stored_then_every_field_comes_back(store: Tested) {
    create(&store, "fulfil", "order-1").await;
    let mut commit = step_done("fulfil", "order-1", 0, "ünïcödé ' \" \u{0} 字");
    let error = ErrorObject::new("Declined", "no")
        .with_data("{}")
        .with_stack_trace(["a", "b"]);
    let record = &mut commit.record;
    record.status = ExecutionStatus::TimedOut;
    record.result = Some(String::new());
    record.error = Some(error.clone());
    record.ended = Some(at(5));
    record.closing = Some(ExecutionStatus::Failed);
    record.token = None;
    let invocation = OpenInvocation {
        request_id: "r".into(),
        started: at(2),
        told: 3,
        progressed: true,
        cut: false,
    };
    record.invocation = Some(invocation);
    record.invoke_at = Some(at(7));
    (record.next_event_id, record.next_seq, record.failures) = (4, 1, 2);
    (record.changes, record.delivered) = (u64::MAX, 8);
    record.last_checkpoint = Some(LastCheckpoint {
        client_token: "c".into(),
        token: "t".into(),
        operations: vec![0, 4],
    });
    let failed = EventDetails::ExecutionFailed {
        error: EventError::new(Some(error)),
    };
    commit.events.push(event(4, None, failed));

    store.commit(commit.clone()).await.unwrap();

    let loaded = store.load(&commit.record.arn).await.unwrap().unwrap();
    assert_eq!(
        (loaded.record, loaded.operations),
        (commit.record.clone(), commit.operations)
    );
    assert_eq!(
        store.history(&commit.record.arn).await.unwrap()[1..],
        commit.events
    );
}

async fn given_operations_of_every_type_when_stored_then_each_comes_back_as_it_was(store: Tested) {
    create(&store, "fulfil", "order-1").await;
    let error = Some(ErrorObject::new("E", "m"));
    let mut operations = vec![wait(0, at(60_000))];
    let mut add = |kind, fill: &dyn Fn(&mut Operation)| {
        let seq = operations.len() as u64;
        let mut operation = Operation::new(
            format!("op-{seq}"),
            kind,
            OperationStatus::Started,
            at(seq as i64),
        );
        operation.parent_id = Some("parent".into());
        fill(&mut operation);
        let mut stored = stored(seq, operation);
        stored.changed = Some(seq);
        if kind == OperationType::Callback {
            let (timeout, heartbeat) = (Some(at(90)), Some(at(30)));
            stored.service = Some(ServiceDetails::Callback {
                timeout,
                heartbeat_seconds: Some(5),
                heartbeat,
            });
        }
        operations.push(stored);
    };
    for kind in OperationType::ALL {
        add(*kind, &|_| {}); // without details
    }
    add(OperationType::Context, &|o| {
        o.context_details = Some(Box::new(ContextDetails::default()))
    });
    add(OperationType::Context, &|o| {
        let result = Some("summary".into());
        o.context_details = Some(Box::new(ContextDetails {
            replay_children: Some(true),
            result,
            error: error.clone(),
        }));
    });
    add(OperationType::Step, &|o| {
        o.status = OperationStatus::Pending;
        let next_attempt_timestamp = Some(at(1_234));
        o.step_details = Some(StepDetails {
            attempt: 3,
            next_attempt_timestamp,
            result: Some("".into()),
            error: error.clone(),
        });
    });
    add(OperationType::Callback, &|o| {
        let callback_id = Some("cb".into());
        o.callback_details = Some(Box::new(CallbackDetails {
            callback_id,
            result: Some("r".into()),
            error: None,
        }));
    });
    add(OperationType::ChainedInvoke, &|o| {
        o.chained_invoke_details = Some(Box::new(ChainedInvokeDetails {
            result: None,
            error: error.clone(),
        }));
    });
    let record = record("fulfil", "order-1");

    let commit = Commit {
        created: false,
        urgent: false,
        record: record.clone(),
        operations: operations.clone(),
        events: vec![],
    };
    store.commit(commit).await.unwrap();

    assert_eq!(store.operations(&record.arn).await.unwrap(), operations);
}

async fn given_a_large_payload_when_stored_then_every_byte_comes_back(store: Tested) {
    create(&store, "fulfil", "order-1").await;
    let payload: String = (0..6_000_000_u32)
        .map(|n| char::from(b'a' + (n % 23) as u8))
        .collect();

    store
        .commit(step_done("fulfil", "order-1", 0, &payload))
        .await
        .unwrap();

    let kept = store.operations(&arn("fulfil", "order-1")).await.unwrap();
    assert!(
        kept[0].operation.result() == Some(payload.as_str()),
        "the payload changed"
    );
}

async fn given_open_and_ended_executions_when_recovering_then_the_open_ones_come_with_their_deadline(
    store: Tested,
) {
    for name in ["idle", "waiting", "ended", "timing-out", "invoked"] {
        create(&store, "fulfil", name).await;
    }
    let mut limited = created("fulfil", "limited");
    limited.record.timeout_seconds = Some(60);
    store.create(limited).await.unwrap();
    let update = async |name: &str, change: &dyn Fn(&mut Commit)| {
        let mut commit = Commit {
            created: false,
            urgent: false,
            record: record("fulfil", name),
            operations: vec![],
            events: vec![],
        };
        change(&mut commit);
        store.commit(commit).await.unwrap();
    };
    update("waiting", &|commit| {
        let mut over = wait(0, at(10));
        over.operation.end_timestamp = Some(at(10));
        over.operation.status = OperationStatus::Succeeded;
        commit.operations = vec![over, wait(1, at(3_000)), wait(2, at(2_000))];
    })
    .await;
    update("ended", &|commit| {
        commit.record.status = ExecutionStatus::Succeeded;
        commit.record.ended = Some(at(9));
        commit.operations = vec![wait(0, at(10))];
    })
    .await;
    update("timing-out", &|commit| {
        commit.operations = vec![wait(0, at(7_000))]
    })
    .await;
    update("invoked", &|commit| {
        let invocation = OpenInvocation {
            request_id: "r".into(),
            started: at(1),
            told: 0,
            progressed: false,
            cut: false,
        };
        commit.record.invocation = Some(invocation);
        commit.record.invoke_at = Some(at(1));
        commit.operations = vec![wait(0, at(10))];
    })
    .await;

    let open = store.open().await.unwrap();

    let found: Vec<_> = open
        .iter()
        .map(|open| (&*open.name, open.next_due, open.invoked))
        .collect();
    assert_eq!(
        found,
        [
            ("idle", None, false),
            ("waiting", Some(at(2_000)), false),
            ("timing-out", Some(at(7_000)), false),
            ("invoked", Some(at(1)), true),
            ("limited", Some(at(60_000)), false),
        ]
    );
    assert!(
        open.iter()
            .all(|open| *open.arn == *arn("fulfil", &open.name))
    );
}

async fn given_many_executions_when_listing_then_filters_and_pages_hold(store: Tested) {
    for n in 0..10 {
        create(
            &store,
            if n % 2 == 0 { "even" } else { "odd" },
            &n.to_string(),
        )
        .await;
    }
    let mut commit = Commit {
        created: false,
        urgent: false,
        record: record("odd", "7"),
        operations: vec![],
        events: vec![],
    };
    commit.record.status = ExecutionStatus::Failed;
    commit.record.ended = Some(at(8));
    store.commit(commit).await.unwrap();
    let names = async |filter: ListFilter| {
        let listed = store.list(filter).await.unwrap();
        (
            listed
                .iter()
                .map(|line| line.name.to_string())
                .collect::<Vec<_>>()
                .join(" "),
            listed,
        )
    };

    assert_eq!(names(ListFilter::default()).await.0, "9 8 7 6 5 4 3 2 1 0");
    let odd = ListFilter {
        workflow: Some("odd".into()),
        limit: 3,
        ..ListFilter::default()
    };
    let (page, lines) = names(odd.clone()).await;
    assert_eq!(page, "9 7 5");
    assert_eq!(
        (lines[1].status, lines[1].started, lines[1].ended),
        (ExecutionStatus::Failed, at(0), Some(at(8)))
    );
    assert_eq!(
        names(ListFilter {
            beyond: Some(lines[2].position),
            ..odd.clone()
        })
        .await
        .0,
        "3 1"
    );
    let failed = ListFilter {
        statuses: vec![ExecutionStatus::Failed],
        ..ListFilter::default()
    };
    assert_eq!(names(failed).await.0, "7");
    assert_eq!(
        names(ListFilter {
            workflow: Some("none".into()),
            ..odd
        })
        .await
        .0,
        ""
    );
}
