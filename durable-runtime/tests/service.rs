//! The runtime against a service that answers as it likes: when calls are made, and what their failures do.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, in its helpers too"
)]

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use common::{Service, Twist, first_input, invocation};
use durable_runtime::host::{BackendError, BackendErrorKind, InvocationError, Outcome};
use durable_runtime::prelude::*;
use durable_runtime::wire::{
    InvocationInput, Operation, OperationStatus, OperationType, StepDetails, Timestamp,
};

static OBSERVED: AtomicU32 = AtomicU32::new(0);

#[step]
async fn one() -> Result<u32> {
    Ok(1)
}

#[step]
async fn two() -> Result<u32> {
    Ok(2)
}

#[durable_workflow]
async fn stubborn() -> Result<u32> {
    // Would swallow any error that reached it.
    let first = one().await.unwrap_or(100);
    #[allow_durable(
        DW013,
        reason = "the test counts how often this is reached, replays included"
    )]
    OBSERVED.fetch_add(1, Ordering::SeqCst);
    let second = two().await.unwrap_or(100);
    Ok(first + second)
}

fn error(kind: BackendErrorKind) -> Twist {
    Twist::Fail(BackendError::new(kind, "no"))
}

#[tokio::test]
async fn a_failing_service_never_reaches_user_code() {
    for kind in [
        BackendErrorKind::Throttled,
        BackendErrorKind::Unavailable,
        BackendErrorKind::StaleToken,
    ] {
        let service = Arc::new(Service::default());
        service.twist(0, error(kind));
        let before = OBSERVED.load(Ordering::SeqCst);
        let outcome = invocation::<stubborn>(&service, first_input()).run().await;
        let Outcome::Errored(InvocationError::Backend(failed)) = outcome else {
            panic!("{outcome:?}")
        };
        assert_eq!(failed.kind, kind);
        assert_eq!(
            OBSERVED.load(Ordering::SeqCst),
            before,
            "nothing was observed"
        );
        assert_eq!(service.sent().len(), 1, "nothing was sent after it");
    }
}

#[durable_workflow]
async fn plain() -> Result<u32> {
    Ok(one().await? + two().await?)
}

#[tokio::test]
async fn a_service_that_refuses_fails_the_execution() {
    let service = Arc::new(Service::default());
    service.twist(1, error(BackendErrorKind::Rejected));
    let outcome = invocation::<plain>(&service, first_input()).run().await;
    let Outcome::Failed(failed) = outcome else {
        panic!("{outcome:?}")
    };
    assert_eq!(failed.error_type.as_deref(), Some("CheckpointRejected"));
}

#[tokio::test]
async fn without_another_token_the_waiters_finish_and_the_invocation_answers_pending() {
    let service = Arc::new(Service::default());
    service.twist(0, Twist::LastCall);
    let outcome = invocation::<plain>(&service, first_input()).run().await;
    assert!(matches!(outcome, Outcome::Pending), "{outcome:?}");
    assert_eq!(service.sent(), [["START one", "SUCCEED one"]]);
}

/// A pause takes the token away between a race and the cancelling of the wait that lost it; what the workflow waits for then is recorded already, so it has
/// nothing to write.
#[tokio::test(start_paused = true)]
async fn without_another_token_waits_that_lost_are_left_to_the_next_invocation() {
    #[durable_workflow]
    async fn raced() -> Result<u32> {
        let answer = create_callback::<u32>().await?;
        race!(late => sleep(Duration::from_hours(1)), done => one());
        Ok(answer.result().await?)
    }
    let mut service = Service::default();
    service.cancels_waits = true;
    let service = Arc::new(service);
    service.on_open(|operation| {
        let details = operation.callback_details.get_or_insert_default();
        details.callback_id = Some("callback-1".to_owned());
    });
    // The callback; the race's branches; its decision.
    service.twist(2, Twist::LastCall);
    let mut invocation = invocation::<raced>(&service, first_input());
    let outcome = tokio::time::timeout(Duration::from_mins(1), invocation.run()).await;
    assert!(matches!(outcome, Ok(Outcome::Pending)), "{outcome:?}");
    let sent = service.sent();
    assert_eq!(sent.len(), 3, "{sent:?}");
}

#[tokio::test(start_paused = true)]
async fn a_question_takes_along_what_is_queued() {
    #[step]
    async fn slow() -> Result<u32> {
        tokio::time::sleep(Duration::from_millis(50)).await;
        Ok(2)
    }
    #[durable_workflow]
    async fn both() -> Result<u32> {
        let (a, b) = join!(one(), slow());
        Ok(a? + b?)
    }
    let service = Arc::new(Service::default());
    service.twist(0, Twist::Slow(Duration::from_millis(100)));
    let mut invocation = invocation::<both>(&service, first_input());
    let inbox = invocation.inbox();
    let ask = async {
        tokio::time::sleep(Duration::from_millis(75)).await;
        inbox.poll();
    };
    let (outcome, ()) = tokio::join!(invocation.run(), ask);
    assert!(matches!(outcome, Outcome::Succeeded(_)), "{outcome:?}");
    let sent = service.sent();
    assert!(sent.iter().all(|call| !call.is_empty()), "{sent:?}");
    assert_eq!(sent.len(), 2, "{sent:?}");
}

#[tokio::test]
async fn a_sequential_step_costs_one_call_and_a_wave_of_steps_one_in_all() {
    #[durable_workflow]
    async fn waves() -> Result<u32> {
        one().await?;
        let (a, b, c) = join!(one().named("a"), one().named("b"), one().named("c"));
        Ok(a? + b? + c?)
    }
    let service = Arc::new(Service::default());
    assert!(matches!(
        invocation::<waves>(&service, first_input()).run().await,
        Outcome::Succeeded(_)
    ));
    let sent = service.sent();
    assert_eq!(sent[0], ["START one", "SUCCEED one"]);
    assert_eq!(
        sent[1],
        [
            "START a",
            "SUCCEED a",
            "START b",
            "SUCCEED b",
            "START c",
            "SUCCEED c"
        ]
    );
    assert_eq!(sent.len(), 2);
}

#[tokio::test]
async fn an_at_most_once_step_starts_only_after_its_start_is_recorded() {
    #[step(semantics = "at_most_once")]
    async fn careful() -> Result<u32> {
        Ok(1)
    }
    #[durable_workflow]
    async fn once() -> Result<u32> {
        careful().await
    }
    let service = Arc::new(Service::default());
    assert!(matches!(
        invocation::<once>(&service, first_input()).run().await,
        Outcome::Succeeded(_)
    ));
    assert_eq!(service.sent(), [["START careful"], ["SUCCEED careful"]]);
}

#[tokio::test(start_paused = true)]
async fn a_start_leaves_on_its_own_after_a_tenth_of_a_second_and_a_due_timer_is_asked_about() {
    #[step]
    async fn long() -> Result<u32> {
        tokio::time::sleep(Duration::from_secs(10)).await;
        Ok(1)
    }
    #[durable_workflow]
    async fn beside() -> Result<u32> {
        let (long, ()) = join!(long(), timer => async {
            sleep(Duration::from_secs(3)).await;
            sleep(Duration::from_secs(2)).await;
        });
        long
    }
    let service = Arc::new(Service::default());
    assert!(matches!(
        invocation::<beside>(&service, first_input()).run().await,
        Outcome::Succeeded(_)
    ));
    assert_eq!(
        service.sent(),
        [
            vec!["START long", "START sleep"],
            vec![],
            vec!["START sleep#2"],
            vec![],
            vec!["SUCCEED long"],
        ],
        "an empty call when each timer is due"
    );

    #[durable_workflow]
    async fn alone() -> Result<u32> {
        long().await
    }
    let service = Arc::new(Service::default());
    assert!(matches!(
        invocation::<alone>(&service, first_input()).run().await,
        Outcome::Succeeded(_)
    ));
    assert_eq!(service.sent(), [["START long"], ["SUCCEED long"]]);
}

#[durable_workflow]
async fn naps() -> Result<u32> {
    sleep(Duration::from_secs(1)).await;
    Ok(1)
}

#[tokio::test]
async fn a_lone_sleep_suspends_and_a_resumed_copy_goes_on() {
    let service = Arc::new(Service::default());
    let mut invocation = invocation::<naps>(&service, first_input());
    assert!(matches!(invocation.run().await, Outcome::Pending));
    assert_eq!(service.sent(), [["START sleep"]]);

    let mut over = service.operation(0);
    over.status = OperationStatus::Succeeded;
    invocation.resume("token-1".to_owned(), vec![over]);
    assert!(matches!(invocation.run().await, Outcome::Succeeded(_)));
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_is_over_in_the_answer_to_its_start_does_not_suspend() {
    let service = Arc::new(Service::default());
    service.twist(0, Twist::Slow(Duration::from_secs(2)));
    let outcome = invocation::<naps>(&service, first_input()).run().await;
    assert!(matches!(outcome, Outcome::Succeeded(_)), "{outcome:?}");
}

fn recorded(workflow: &str, key: &str, result: &str) -> Operation {
    let id: String = durable_runtime::site_id(&format!("{workflow}/{key}"))
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let mut operation = Operation::new(
        id,
        OperationType::Step,
        OperationStatus::Succeeded,
        Timestamp::from_millis(0),
    );
    operation.step_details = Some(StepDetails {
        result: Some(result.to_owned()),
        ..StepDetails::default()
    });
    operation
}

fn input_with(operations: Vec<Operation>, marker: Option<&str>) -> InvocationInput {
    let mut input = first_input();
    input.initial_execution_state.operations.extend(operations);
    input.initial_execution_state.next_marker = marker.map(str::to_owned);
    input
}

#[tokio::test]
async fn history_is_read_from_all_pages_and_answers_too() {
    let service = Arc::new(Service::default());
    service.page("more", vec![recorded("plain", "one", "40")]);
    service.twist(0, Twist::Paged);
    let outcome = invocation::<plain>(&service, input_with(Vec::new(), Some("more")))
        .run()
        .await;
    let Outcome::Succeeded(result) = outcome else {
        panic!("{outcome:?}")
    };
    assert_eq!(result, "42");
    assert_eq!(service.sent(), [["START two", "SUCCEED two"]]);
}

#[tokio::test]
async fn the_input_may_be_on_a_later_page() {
    let service = Arc::new(Service::default());
    let mut input = first_input();
    let execution = std::mem::take(&mut input.initial_execution_state.operations);
    input.initial_execution_state.next_marker = Some("first".to_owned());
    service.page("first", execution);
    let outcome = invocation::<plain>(&service, input).run().await;
    assert!(matches!(outcome, Outcome::Succeeded(_)), "{outcome:?}");
}

#[tokio::test]
async fn an_invocation_without_input_is_an_error_that_says_so() {
    let service = Arc::new(Service::default());
    let mut input = first_input();
    input.initial_execution_state.operations.clear();
    let outcome = invocation::<plain>(&service, input).run().await;
    let Outcome::Errored(error) = outcome else {
        panic!("{outcome:?}")
    };
    assert!(error.to_string().contains("EXECUTION"), "{error}");
}

#[tokio::test]
async fn a_recorded_result_that_no_longer_fits_is_a_clear_terminal_error() {
    let service = Arc::new(Service::default());
    let input = input_with(vec![recorded("plain", "one", r#"{"euros": 1}"#)], None);
    let outcome = invocation::<plain>(&service, input).run().await;
    let Outcome::Failed(error) = outcome else {
        panic!("{outcome:?}")
    };
    let message = error.error_message.unwrap();
    for part in ["`one`", "service.rs:", "read back", "#[serde(default)]"] {
        assert!(message.contains(part), "{part} is missing: {message}");
    }
}

#[tokio::test]
async fn an_input_of_another_shape_names_the_field() {
    #[durable_workflow]
    async fn takes_a_pair(pair: (u32, String)) -> Result<String> {
        Ok(format!("{pair:?}"))
    }
    let service = Arc::new(Service::default());
    let mut input = first_input();
    for operation in &mut input.initial_execution_state.operations {
        operation
            .execution_details
            .get_or_insert_default()
            .input_payload = Some("[1, 2]".to_owned());
    }
    let outcome = invocation::<takes_a_pair>(&service, input).run().await;
    let Outcome::Failed(error) = outcome else {
        panic!("{outcome:?}")
    };
    let message = error.error_message.unwrap();
    assert!(
        message.contains("`takes_a_pair`") && message.contains("[1]"),
        "{message}"
    );
}

#[tokio::test]
async fn more_than_a_batch_of_steps_at_once_is_split() {
    #[durable_workflow]
    async fn blobs() -> Result<usize> {
        let (a, b, c) = join!(blob().named("a"), blob().named("b"), blob().named("c"));
        Ok(a?.len() + b?.len() + c?.len())
    }
    #[step]
    async fn blob() -> Result<String> {
        Ok("x".repeat(400 * 1024))
    }
    let service = Arc::new(Service::default());
    assert!(matches!(
        invocation::<blobs>(&service, first_input()).run().await,
        Outcome::Succeeded(_)
    ));
    let sizes: Vec<usize> = service
        .calls
        .lock()
        .unwrap()
        .iter()
        .map(|call| call.iter().map(|u| u.json_len()).sum())
        .collect();
    assert_eq!(sizes.len(), 3, "{sizes:?}");
    assert!(sizes.iter().all(|size| *size <= 750 * 1024), "{sizes:?}");
}
