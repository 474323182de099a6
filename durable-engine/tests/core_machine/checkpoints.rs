//! The token chain, repeated calls, and what the answer to a checkpoint holds.

use durable_engine::core::{
    Checkpoint, Commit, Execution, ExecutionStatus, InvocationEnd, Rejected,
};
use durable_runtime::wire::{OperationStatus, OperationType, OperationUpdate, Timestamp};

use crate::support::*;

fn is_stale(result: Result<impl std::fmt::Debug, Rejected>) -> bool {
    let error = result.unwrap_err();
    let stale = matches!(error, Rejected::StaleToken { .. });
    assert_eq!(
        stale,
        error.to_string().starts_with("Invalid Checkpoint Token")
    );
    stale
}

#[test]
fn each_token_is_good_for_one_checkpoint() {
    let mut run = Run::begun(new_execution());
    let first = run.invoke().token;
    let updates = [start(Step, "a")];
    let second = run
        .apply_with(Checkpoint::new(&first, "second".into(), &updates))
        .unwrap()
        .token;
    assert_eq!(second.as_deref(), Some("second"));
    assert!(is_stale(run.apply_with(Checkpoint::new(
        &first,
        "third".into(),
        &[]
    ))));
    assert!(is_stale(run.apply_with(Checkpoint::new(
        "made up",
        "third".into(),
        &[]
    ))));
    run.apply_with(Checkpoint::new("second", "third".into(), &[]))
        .unwrap();
}

#[test]
fn an_invocation_that_is_over_may_write_no_more() {
    let mut run = Run::begun(new_execution());
    let zombie = run.invoke().token;
    run.end(InvocationEnd::Errored(boom()));
    assert!(
        is_stale(run.apply_with(Checkpoint::new(&zombie, "x".into(), &[]))),
        "while none runs"
    );
    run.pass(1);
    run.invoke();
    assert!(
        is_stale(run.apply_with(Checkpoint::new(&zombie, "x".into(), &[]))),
        "while the next one runs"
    );
    run.stop(None);
    assert!(
        is_stale(run.apply_with(Checkpoint::new(&zombie, "x".into(), &[]))),
        "after the end"
    );
}

#[test]
fn the_same_call_again_has_the_same_answer_and_happens_once() {
    let mut run = Run::begun(new_execution());
    let token = run.invoke().token;
    let updates = [start(Step, "a"), succeed(Step, "a")];
    let call = |next: &str| Checkpoint::new(&token, next.into(), &updates).client_token("client-1");
    let first = run.apply_with(call("second")).unwrap();
    let again = run.apply_with(call("another")).unwrap();
    assert_eq!(
        (&again.token, &again.operations),
        (&first.token, &first.operations)
    );
    assert!(again.commit.is_empty());
    assert_eq!(run.line(), "StepStarted StepSucceeded");

    let other = Checkpoint::new(&token, "x".into(), &updates).client_token("client-2");
    assert!(
        is_stale(run.apply_with(other)),
        "another call with the old token"
    );
}

#[test]
fn a_repeated_call_is_recognised_after_a_restart() {
    let mut run = Run::begun(new_execution());
    let token = run.invoke().token;
    let updates = [start(Step, "a")];
    let call = |next: &str| Checkpoint::new(&token, next.into(), &updates).client_token("client-1");
    let first = run.apply_with(call("second")).unwrap();
    run.restart();
    assert_eq!(
        run.apply_with(call("another")).unwrap().operations,
        first.operations
    );
}

/// By a process that does not know that it was given up, and would go on with another's token.
#[test]
fn the_last_call_of_an_invocation_that_is_over_can_not_be_repeated() {
    for how in [InvocationEnd::Errored(boom()), InvocationEnd::Lost(boom())] {
        let mut run = Run::begun(new_execution());
        let token = run.invoke().token;
        let updates = [start(Step, "a")];
        let call =
            |next: &str| Checkpoint::new(&token, next.into(), &updates).client_token("client-1");
        run.apply_with(call("second")).unwrap();
        run.restart();
        run.end(how);
        assert!(is_stale(run.apply_with(call("x"))), "while none runs");
        run.pass(1);
        run.invoke();
        assert!(is_stale(run.apply_with(call("x"))), "while the next runs");
    }
}

#[test]
fn the_answer_holds_the_batch_and_then_what_completed_meanwhile() {
    let mut run = Run::invoked();
    run.apply(&[wait("w", 1), wait("v", 2), wait("later", 60)])
        .unwrap();
    run.pass(1);
    run.pass(1);
    let applied = run
        .apply(&[start(Step, "a"), start(Step, "b"), succeed(Step, "a")])
        .unwrap();
    assert_eq!(ids(&applied.operations), ["a", "b", "w", "v"]);
    assert_eq!(
        applied.operations[0].status,
        OperationStatus::Succeeded,
        "each once, as it is now"
    );
    assert!(
        applied.operations[2..]
            .iter()
            .all(|it| it.status == OperationStatus::Succeeded)
    );
    assert!(run.apply(&[]).unwrap().operations.is_empty(), "told once");
}

#[test]
fn the_answer_leaves_out_what_the_invocation_began_with() {
    let mut run = Run::suspended_after(&[wait("w", 1)]);
    run.pass(1);
    assert_eq!(ids(&run.invoke().changed), ["w"]);
    assert!(run.apply(&[]).unwrap().operations.is_empty());
}

#[test]
fn an_empty_checkpoint_need_not_be_stored() {
    let mut run = Run::invoked();
    assert!(run.apply(&[]).unwrap().commit.is_empty());
    assert!(!run.apply(&[start(Step, "a")]).unwrap().commit.is_empty());
}

#[test]
fn what_must_outlive_the_process_makes_a_commit_that_does() {
    let (mut execution, begun) = Execution::begin(new_execution(), Timestamp::default()).unwrap();
    let only_created = Commit {
        events: Vec::new(),
        ..begun.clone()
    };
    assert!(!only_created.is_empty());
    let nothing = Commit {
        created: false,
        ..only_created
    };
    assert!(nothing.is_empty());
    let event = Commit {
        events: begun.events.clone(),
        ..nothing.clone()
    };
    assert!(!event.is_empty());
    let urgent = Commit {
        urgent: true,
        ..nothing.clone()
    };
    assert!(!urgent.is_empty());

    // Two of them are as urgent as the more urgent one.
    execution
        .invoke("request".into(), "token".into(), Timestamp::default())
        .unwrap();
    let updates = [start(Step, "a")];
    let call = Checkpoint::new("token", "next".into(), &updates);
    let applied = execution.apply(call, Timestamp::default()).unwrap().commit;
    let both = begun.clone().then(applied.clone());
    assert!(both.created && !both.urgent);
    assert_eq!((both.operations.len(), both.events.len()), (1, 2));
    assert_eq!(both.record, applied.record);
    assert!(nothing.clone().then(urgent.clone()).urgent);
    assert!(urgent.then(nothing).urgent);
}

#[test]
fn a_workflow_that_checkpoints_its_end_gets_no_token_and_ends_with_its_invocation() {
    let mut run = Run::invoked();
    let end =
        OperationUpdate::succeed(OperationType::Execution, "e1").with_payload("the large result");
    let applied = run
        .apply(&[start(Step, "a"), succeed(Step, "a"), end])
        .unwrap();
    assert_eq!(applied.token, None);
    assert_eq!(run.execution.record().status, ExecutionStatus::Running);
    assert_eq!(
        run.end(InvocationEnd::Succeeded(String::new())),
        ExecutionStatus::Succeeded
    );
    assert_eq!(
        run.execution.record().result.as_deref(),
        Some("the large result")
    );
    assert_eq!(
        run.line(),
        "StepStarted StepSucceeded InvocationCompleted ExecutionSucceeded"
    );
}

#[test]
fn a_checkpointed_end_holds_even_when_the_invocation_then_crashes() {
    let mut run = Run::invoked();
    run.apply(&[
        wait("w", 1),
        OperationUpdate::fail(OperationType::Execution, "e1", boom()),
    ])
    .unwrap();
    run.pass(5);
    run.restart();
    assert_eq!(
        run.end(InvocationEnd::Lost(boom())),
        ExecutionStatus::Failed
    );
    assert_eq!(run.execution.record().error, Some(boom()));
    assert_eq!(
        run.line(),
        "WaitStarted InvocationCompleted ExecutionFailed",
        "and no timer fires any more"
    );
}
