//! What random lives of an execution consist of, and what must hold in each of its states. `fuzz/targets/checkpoints.rs` lives them too.

use durable_engine::core::{Checkpoint, ExecutionStatus, InvokeEnd, OpenInvocation, PauseRequest};
use durable_runtime::wire::OperationUpdate;

use crate::support::*;

/// As many updates as there are picks, each legal after those before it.
pub(crate) fn legal_batch(run: &Run, picks: &[usize]) -> Vec<OperationUpdate> {
    let token = run.execution.record().token.clone().unwrap();
    let is_legal = |batch: &[OperationUpdate]| {
        let call = Checkpoint::new(&token, "tried".into(), batch);
        run.execution.clone().apply(call, run.now).is_ok()
    };
    let mut batch = Vec::new();
    for pick in picks {
        let candidates: Vec<_> = candidates()
            .into_iter()
            .filter(|update| {
                batch.push(update.clone());
                let legal = is_legal(&batch);
                batch.pop();
                legal
            })
            .collect();
        if let Some(update) = candidates.get(pick % candidates.len().max(1)) {
            batch.push(update.clone());
        }
    }
    batch
}

/// Whatever a workflow of a few operations could ever send, in a context and outside.
fn candidates() -> Vec<OperationUpdate> {
    let mut all = Vec::new();
    for (id, parent) in [("s1", None), ("s2", Some("c1")), ("s3", Some("c2"))] {
        let updates = [
            start(Step, id),
            succeed(Step, id),
            fail(Step, id),
            retry(id, 2),
        ];
        all.extend(updates.map(|update| OperationUpdate {
            parent_id: parent.map(str::to_owned),
            ..update
        }));
        all.push(OperationUpdate::retry_with_payload(id, "1", 1));
    }
    for id in ["c1", "c2"] {
        all.extend([
            start(Context, id),
            succeed(Context, id).with_replay_children(),
            fail(Context, id),
        ]);
    }
    for (id, seconds) in [("w1", 1), ("w2", 3), ("w3", 3)] {
        all.extend([wait(id, seconds), OperationUpdate::cancel(Wait, id)]);
    }
    all.push(start(Callback, "k1").with_callback_timeouts(9, 4));
    all.push(OperationUpdate::start_chained_invoke("i1", "ship"));
    all.push(OperationUpdate::cancel(ChainedInvoke, "i1"));
    all
}

/// Completes the callback and the invoked function, or sends a heartbeat, if that is possible.
pub(crate) fn outside(run: &mut Run, answers: bool) {
    let details = run
        .execution
        .operation("k1")
        .and_then(|it| it.operation.callback_details.clone());
    let callback_id = details
        .and_then(|details| details.callback_id)
        .unwrap_or_default();
    let now = run.now;
    let before = run.execution.clone();
    let result = if answers {
        run.execution
            .complete_callback(&callback_id, Ok(Some("1".into())), now)
    } else {
        run.execution.heartbeat(&callback_id, now)
    };
    match result {
        Ok(commit) => run.commit_of(|_, _| commit),
        Err(_) => assert_eq!(run.execution, before, "a refused answer changes nothing"),
    }
    if answers
        && let Some(commit) = run
            .execution
            .complete_invoke("i1", InvokeEnd::Failed(boom()), now)
    {
        run.commit_of(|_, _| commit);
    }
}

pub(crate) fn pause(run: &mut Run, pauses: bool) {
    let (before, now) = (run.execution.clone(), run.now);
    let result = if pauses {
        run.execution.pause(PauseRequest::default(), now)
    } else {
        run.execution.resume(PauseRequest::default(), now)
    };
    match result {
        Ok(commit) => run.commit_of(|_, _| commit),
        Err(_) => assert_eq!(run.execution, before, "a refused request changes nothing"),
    }
}

/// What must hold in every state.
pub(crate) fn is_sound(run: &Run) {
    let record = run.execution.record();
    if record.status.is_terminal() {
        assert_eq!(
            (run.execution.next_due(), run.execution.invoke_at()),
            (None, None)
        );
        assert!(record.token.is_none() && record.invocation.is_none() && record.ended.is_some());
        let last = run.history.last().unwrap().event_type();
        assert!(
            last.starts_with("Execution"),
            "the history ends with the execution, not with {last}"
        );
    } else {
        let alive = record.status == ExecutionStatus::Paused
            || run.execution.next_due().is_some()
            || run.execution.invoke_at().is_some()
            || record.invocation.is_some()
            || run.execution.operations().any(|it| {
                matches!(it.operation.operation_type, Callback | ChainedInvoke)
                    && !it.operation.status.is_terminal()
            });
        assert!(alive, "nothing will ever happen to it again");
    }
    let writes = |invocation: &OpenInvocation| !invocation.cut && record.closing.is_none();
    assert_eq!(
        record.token.is_some(),
        record.invocation.as_ref().is_some_and(writes)
    );
    let paused = record.status == ExecutionStatus::Paused;
    assert!(!paused || run.execution.invoke_at().is_none() && record.token.is_none());
    assert_eq!(
        record.pause.is_some(),
        paused || record.status == ExecutionStatus::Pausing
    );
}
