//! Which updates are refused, and that the refusal says which and why.

use durable_engine::core::{Rejected, Rule};
use durable_runtime::wire::{
    ErrorObject, OperationAction, OperationStatus, OperationType, OperationUpdate, StepOptions,
    limits,
};

use crate::support::*;

#[test]
fn a_refusal_names_the_update_the_operation_and_the_rule() {
    let mut run = Run::invoked();
    let refused = run
        .apply(&[start(Step, "a"), succeed(Step, "b")])
        .unwrap_err();
    assert_eq!(
        refused.to_string(),
        "update 2 of 2 (STEP SUCCEED of operation `b`) was refused: the operation was never started; send its START \
         first; nothing of this checkpoint was recorded"
    );
}

#[test]
fn a_refused_batch_leaves_its_token_good_and_records_nothing() {
    let mut run = Run::invoked();
    run.apply(&[start(Step, "a"), succeed(Step, "b")])
        .unwrap_err();
    assert!(run.execution.operation("a").is_none());
    run.apply(&[start(Step, "a")])
        .expect("the token is still good");
}

#[test]
fn each_type_takes_its_own_actions() {
    use OperationAction::*;
    let legal = |operation_type| match operation_type {
        OperationType::Execution => vec![Succeed, Fail],
        OperationType::Context => vec![Start, Succeed, Fail],
        OperationType::Step => vec![Start, Succeed, Fail, Retry],
        OperationType::Wait | OperationType::ChainedInvoke => vec![Start, Cancel],
        _ => vec![Start],
    };
    for operation_type in OperationType::ALL.iter().copied() {
        for action in OperationAction::ALL.iter().copied().chain([Unknown]) {
            let update = OperationUpdate::new(operation_type, action, "a");
            let refused = match Run::invoked().apply(&[update]) {
                Err(Rejected::Update { rule, .. }) => matches!(rule, Rule::UnknownAction { .. }),
                _ => false,
            };
            assert_eq!(
                refused,
                !legal(operation_type).contains(&action),
                "{operation_type} {action}"
            );
        }
    }
    let unknown = OperationUpdate::start(OperationType::Unknown, "a");
    assert_eq!(Run::invoked().refusal(&[unknown]), Rule::UnknownType);
}

#[test]
fn names_have_the_services_alphabets_and_lengths() {
    let mut run = Run::invoked();
    for id in ["", "a b", "ä", &"a".repeat(65)] {
        assert_eq!(run.refusal(&[start(Step, id)]), Rule::Id, "{id}");
    }
    for name in ["", "Straße", "a\nb", &"a".repeat(257)] {
        assert_eq!(
            run.refusal(&[start(Step, "a").with_name(name)]),
            Rule::Name,
            "{name}"
        );
    }
    for sub_type in ["", "a b", &"a".repeat(33)] {
        assert_eq!(
            run.refusal(&[start(Step, "a").with_sub_type(sub_type)]),
            Rule::SubType
        );
    }
    let longest = start(Step, &"a".repeat(64))
        .with_name(" ".repeat(256))
        .with_sub_type("a".repeat(32));
    run.apply(&[longest]).unwrap();
}

#[test]
fn payloads_and_errors_have_limits() {
    let mut run = Run::invoked();
    run.apply(&[start(Step, "a"), start(Step, "b")]).unwrap();
    let limit = limits::OPERATION_PAYLOAD_MAX;
    let of_size = |size| OperationUpdate::succeed(Step, "a").with_payload("x".repeat(size));
    let refusal = run.refusal(&[of_size(limit + 1)]);
    assert_eq!(
        refusal,
        Rule::TooLarge {
            member: "Payload",
            size: limit + 1,
            limit
        }
    );
    run.apply(&[of_size(limit)]).unwrap();

    let error = ErrorObject::new("Large", "x".repeat(limits::ERROR_MAX));
    let refusal = run.refusal(&[OperationUpdate::fail(Step, "b", error)]);
    assert!(
        matches!(
            refusal,
            Rule::TooLarge {
                member: "Error",
                ..
            }
        ),
        "{refusal}"
    );

    let overhead = ErrorObject::new("Large", "").size();
    let largest = ErrorObject::new("Large", "x".repeat(limits::ERROR_MAX - overhead));
    run.apply(&[OperationUpdate::fail(Step, "b", largest)])
        .unwrap();

    let result = |size| {
        OperationUpdate::succeed(OperationType::Execution, "e1").with_payload("x".repeat(size))
    };
    assert!(matches!(
        run.refusal(&[result(limits::WIRE_PAYLOAD_MAX + 1)]),
        Rule::TooLarge { .. }
    ));
    run.apply(&[result(limits::WIRE_PAYLOAD_MAX)]).unwrap();
}

#[test]
fn an_action_takes_only_its_own_members() {
    let mut run = Run::invoked();
    run.apply(&[start(Step, "a")]).unwrap();
    let payload = Rule::Unexpected { member: "Payload" };
    let error = Rule::Unexpected { member: "Error" };
    assert_eq!(run.refusal(&[start(Step, "b").with_payload("1")]), payload);
    assert_eq!(run.refusal(&[fail(Step, "a").with_payload("1")]), payload);
    let mut both = succeed(Step, "a");
    both.error = Some(boom());
    assert_eq!(run.refusal(&[both]), error);
    assert_eq!(
        run.refusal(&[retry("a", 1).with_payload("1")]),
        Rule::PayloadAndError
    );
}

#[test]
fn waits_delays_and_timeouts_stay_in_their_ranges() {
    let mut run = Run::invoked();
    run.apply(&[start(Step, "a")]).unwrap();
    let max = limits::WAIT_SECONDS_MAX;
    for seconds in [0, max + 1, u32::MAX] {
        assert!(
            matches!(run.refusal(&[wait("w", seconds)]), Rule::Range { .. }),
            "{seconds}"
        );
        assert!(
            matches!(run.refusal(&[retry("a", seconds)]), Rule::Range { .. }),
            "{seconds}"
        );
    }
    let over =
        start(Callback, "c").with_callback_timeouts(limits::CALLBACK_TIMEOUT_SECONDS_MAX + 1, 0);
    assert!(matches!(run.refusal(&[over]), Rule::Range { .. }));
    run.apply(&[wait("w", max), wait("v", 1), retry("a", max)])
        .unwrap();
}

#[test]
fn what_an_action_needs_must_be_there() {
    let mut run = Run::invoked();
    run.apply(&[start(Step, "a")]).unwrap();
    let missing = |member| Rule::Missing { member };
    assert_eq!(
        run.refusal(&[start(Wait, "w")]),
        missing("WaitOptions.WaitSeconds")
    );
    let mut update = OperationUpdate::new(Step, OperationAction::Retry, "a");
    assert_eq!(
        run.refusal(&[update.clone()]),
        missing("StepOptions.NextAttemptDelaySeconds")
    );
    update.step_options = Some(StepOptions::default());
    assert_eq!(
        run.refusal(&[update]),
        missing("StepOptions.NextAttemptDelaySeconds")
    );
    assert_eq!(
        run.refusal(&[start(ChainedInvoke, "i")]),
        missing("ChainedInvokeOptions.FunctionName")
    );
    let unnamed = OperationUpdate::start_chained_invoke("i", "");
    assert!(matches!(run.refusal(&[unnamed]), Rule::Range { .. }));
}

#[test]
fn what_an_operation_is_never_changes_but_may_be_left_out() {
    let mut run = Run::invoked();
    run.apply(&[start(Context, "p"), start(Context, "q")])
        .unwrap();
    run.apply(&[start(Step, "a")
        .with_name("charge")
        .with_parent("p")
        .with_sub_type("Step")])
        .unwrap();

    let member = |rule| match rule {
        Rule::Metadata { member, .. } => member,
        other => panic!("{other}"),
    };
    assert_eq!(
        member(run.refusal(&[succeed(Step, "a").with_name("refund")])),
        "Name"
    );
    assert_eq!(
        member(run.refusal(&[succeed(Step, "a").with_parent("q")])),
        "ParentId"
    );
    assert_eq!(
        member(run.refusal(&[succeed(Step, "a").with_sub_type("Wait")])),
        "SubType"
    );
    assert_eq!(member(run.refusal(&[succeed(Context, "a")])), "Type");
    assert_eq!(
        member(run.refusal(&[succeed(Context, "p").with_name("new")])),
        "Name"
    );
    run.apply(&[succeed(Step, "a")])
        .expect("what is left out says nothing");
}

#[test]
fn a_parent_is_an_open_context() {
    let mut run = Run::invoked();
    run.apply(&[start(Step, "s"), start(Context, "p")]).unwrap();
    let parent = |id: &str| id.to_owned();
    let child = |of: &str| [start(Step, "a").with_parent(of)];
    assert_eq!(
        run.refusal(&child("nobody")),
        Rule::ParentMissing {
            parent: parent("nobody")
        }
    );
    let refusal = run.refusal(&child("s"));
    assert_eq!(
        refusal,
        Rule::ParentType {
            parent: parent("s"),
            parent_type: OperationType::Step
        }
    );

    run.apply(&[start(Step, "late").with_parent("p")]).unwrap();
    let closed = Rule::ParentClosed {
        parent: parent("p"),
        status: OperationStatus::Succeeded,
    };
    assert_eq!(
        run.refusal(&[succeed(Context, "p"), start(Step, "a").with_parent("p")]),
        closed
    );
    run.apply(&[succeed(Context, "p")]).unwrap();
    assert_eq!(run.refusal(&child("p")), closed);
    assert_eq!(
        run.refusal(&[succeed(Step, "late")]),
        closed,
        "even when the update doesn't say its parent"
    );
}

#[test]
fn a_parent_may_be_opened_in_the_same_batch() {
    let mut run = Run::invoked();
    run.apply(&[start(Context, "p"), start(Step, "a").with_parent("p")])
        .unwrap();
    let backwards = [start(Step, "b").with_parent("q"), start(Context, "q")];
    assert!(matches!(
        run.refusal(&backwards),
        Rule::ParentMissing { .. }
    ));
}

#[test]
fn an_operation_has_one_update_in_a_batch_or_its_start_and_one_other() {
    let mut run = Run::invoked();
    for repeated in [
        vec![start(Step, "a"), start(Step, "a")],
        vec![start(Step, "a"), retry("a", 1), start(Step, "a")],
        vec![start(Step, "a"), succeed(Step, "a"), fail(Step, "a")],
        vec![wait("w", 1), OperationUpdate::cancel(Wait, "w")],
    ] {
        assert_eq!(run.refusal(&repeated), Rule::Repeated, "{repeated:?}");
    }
    run.apply(&[
        start(Step, "a"),
        start(Context, "c"),
        succeed(Context, "c"),
        fail(Step, "a"),
    ])
    .unwrap();
}

#[test]
fn the_end_of_the_execution_comes_last_and_once() {
    let mut run = Run::invoked();
    let end = || succeed(OperationType::Execution, "e1");
    assert_eq!(
        run.refusal(&[end(), start(Step, "a")]),
        Rule::ExecutionNotLast
    );
    assert_eq!(run.refusal(&[end(), end()]), Rule::ExecutionNotLast);
    run.apply(&[start(Step, "a"), end()]).unwrap();
}

#[test]
fn only_an_operation_that_is_open_changes() {
    let exists = |status| Rule::Exists { status };
    let mut run = Run::invoked();
    run.apply(&[
        start(Step, "a"),
        start(Context, "c"),
        wait("w", 60),
        start(Step, "p"),
        retry("p", 60),
    ])
    .unwrap();

    assert_eq!(
        run.refusal(&[start(Step, "a")]),
        exists(OperationStatus::Started)
    );
    assert_eq!(
        run.refusal(&[start(Context, "c")]),
        exists(OperationStatus::Started)
    );
    assert_eq!(
        run.refusal(&[wait("w", 60)]),
        exists(OperationStatus::Started)
    );
    assert_eq!(
        run.refusal(&[start(Step, "p")]),
        exists(OperationStatus::Pending)
    );
    assert!(matches!(
        run.refusal(&[succeed(Step, "p")]),
        Rule::Status { .. }
    ));

    run.apply(&[
        succeed(Step, "a"),
        fail(Context, "c"),
        OperationUpdate::cancel(Wait, "w"),
    ])
    .unwrap();
    assert_eq!(
        run.refusal(&[start(Step, "a")]),
        exists(OperationStatus::Succeeded)
    );
    for late in [
        succeed(Step, "a"),
        retry("a", 1),
        succeed(Context, "c"),
        OperationUpdate::cancel(Wait, "w"),
    ] {
        assert!(matches!(run.refusal(&[late]), Rule::Status { .. }));
    }
}
