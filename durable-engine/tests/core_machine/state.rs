//! What a replaying workflow is given.

use durable_engine::core::{Execution, InvocationEnd};
use durable_runtime::wire::{OperationType, OperationUpdate};

use crate::support::*;

fn pages(run: &Run, max: usize) -> Vec<Vec<String>> {
    let (mut pages, mut marker) = (Vec::new(), None);
    loop {
        let page = run
            .execution
            .state_page(marker.as_deref(), max, usize::MAX)
            .unwrap();
        pages.push(
            page.operations
                .into_iter()
                .map(|operation| operation.id)
                .collect(),
        );
        match page.next_marker {
            Some(next) => marker = Some(next),
            None => return pages,
        }
    }
}

#[test]
fn the_state_begins_with_the_execution_and_its_input() {
    let run = Run::invoked();
    let page = run.execution.state_page(None, 0, usize::MAX).unwrap();
    assert_eq!(page.operations[0].operation_type, OperationType::Execution);
    assert_eq!(page.operations[0].id, "e1", "the last part of the ARN");
    let details = page.operations[0].execution_details.clone().unwrap();
    assert_eq!(details.input_payload.as_deref(), Some(r#"{"order":42}"#));
}

#[test]
fn operations_come_in_the_order_in_which_they_were_started() {
    let mut run = Run::invoked();
    run.apply(&[start(Step, "c"), start(Step, "a"), start(Step, "b")])
        .unwrap();
    run.apply(&[succeed(Step, "b"), succeed(Step, "c")])
        .unwrap();
    assert_eq!(pages(&run, 1000), [["e1", "c", "a", "b"]]);
    assert_eq!(pages(&run, 2), [vec!["e1", "c"], vec!["a", "b"]]);
    assert_eq!(pages(&run, 3), [vec!["e1", "c", "a"], vec!["b"]]);
    assert_eq!(pages(&run, 1), [["e1"], ["c"], ["a"], ["b"]]);
}

#[test]
fn a_page_has_a_hundred_operations_unless_asked() {
    let mut run = Run::invoked();
    let many: Vec<_> = (0..150).map(|n| start(Step, &format!("s{n}"))).collect();
    run.apply(&many).unwrap();
    assert_eq!(
        pages(&run, 0).iter().map(Vec::len).collect::<Vec<_>>(),
        [100, 51]
    );
}

#[test]
fn a_page_ends_before_it_has_too_many_bytes() {
    let mut run = Run::invoked();
    run.apply(&[start(Step, "a"), start(Step, "b"), start(Step, "c")])
        .unwrap();
    let all = run.execution.state_page(None, 9, usize::MAX).unwrap();
    // Each with the comma after it.
    let sizes: Vec<usize> = all
        .operations
        .iter()
        .map(|operation| serde_json::to_string(operation).unwrap().len() + 1)
        .collect();
    let page = |marker: Option<&str>, max_bytes| {
        let page = run.execution.state_page(marker, 9, max_bytes).unwrap();
        (page.operations.len(), page.next_marker)
    };
    let (two, three) = (sizes[0] + sizes[1], sizes[0] + sizes[1] + sizes[2]);
    assert_eq!(page(None, two - 1), (1, Some("0".into())));
    assert_eq!(page(None, two), (2, Some("1".into())));
    assert_eq!(page(None, three), (3, Some("2".into())));
    assert_eq!(page(None, three + sizes[3]), (4, None));
    assert_eq!(page(None, 1), (1, Some("0".into())), "one at least");
    assert_eq!(page(Some("1"), 1), (1, Some("2".into())));

    // The input may leave no room at all.
    let first = |max_bytes| {
        let input = run.execution.invocation_input(9, max_bytes).unwrap();
        let page = input.initial_execution_state;
        (page.operations.len(), page.next_marker)
    };
    assert_eq!(first(sizes[0] - 1), (0, Some("start".into())));
    assert_eq!(first(sizes[0]), (1, Some("0".into())));
    assert_eq!(page(Some("start"), two), (2, Some("1".into())));
}

#[test]
fn the_inside_of_an_ended_context_is_left_out() {
    let mut run = Run::invoked();
    let inside = |id: &str, parent: &str| start(Step, id).with_parent(parent);
    run.apply(&[
        start(Context, "c"),
        start(Context, "d").with_parent("c"),
        inside("x", "d"),
        inside("y", "c"),
        start(Context, "open"),
        inside("z", "open"),
    ])
    .unwrap();
    run.apply(&[succeed(Context, "d").with_replay_children()])
        .unwrap();
    assert_eq!(
        pages(&run, 9),
        [["e1", "c", "d", "x", "y", "open", "z"]],
        "rebuilt from its children"
    );
    run.apply(&[fail(Context, "c")]).unwrap();
    assert_eq!(
        pages(&run, 9),
        [["e1", "c", "open", "z"]],
        "and all inside it"
    );
    assert_eq!(pages(&run, 2), [["e1", "c"], ["open", "z"]]);
}

#[test]
fn a_context_that_is_rebuilt_keeps_its_summary() {
    let mut run = Run::invoked();
    run.apply(&[start(Context, "c"), start(Step, "x").with_parent("c")])
        .unwrap();
    let summary = OperationUpdate::succeed(Context, "c")
        .with_payload("summary")
        .with_replay_children();
    run.apply(&[summary]).unwrap();
    assert!(run.operation("c").replay_children());
    assert_eq!(run.operation("c").result(), Some("summary"));
    assert_eq!(pages(&run, 9), [["e1", "c", "x"]]);
}

#[test]
fn a_foreign_marker_is_refused() {
    let run = Run::invoked();
    for marker in ["0", "7", "-1", "x", "99999999999999999999"] {
        let error = run
            .execution
            .state_page(Some(marker), 10, usize::MAX)
            .unwrap_err();
        assert!(
            error.to_string().contains(marker) && error.to_string().contains(ARN),
            "{error}"
        );
    }
    assert_eq!(
        run.execution
            .state_page(Some(""), 10, usize::MAX)
            .unwrap()
            .operations
            .len(),
        1
    );
}

#[test]
fn the_envelope_holds_the_first_page_and_what_changed() {
    let mut run = Run::suspended_after(&[wait("w", 1), start(Callback, "c")]);
    assert!(
        run.execution.invocation_input(9, usize::MAX).is_none(),
        "only for an invocation that runs"
    );
    run.pass(1);
    let invoked = run.invoke();
    let input = run.execution.invocation_input(2, usize::MAX).unwrap();
    assert_eq!(
        (
            input.durable_execution_arn.as_str(),
            &input.checkpoint_token
        ),
        (ARN, &invoked.token)
    );
    assert_eq!(ids(&input.initial_execution_state.operations), ["e1", "w"]);
    assert_eq!(
        input.initial_execution_state.next_marker.as_deref(),
        Some("1")
    );
    assert_eq!(input.updated_operation_ids, ["w"]);
}

#[test]
fn what_was_not_written_by_commits_does_not_restore() {
    let mut run = Run::invoked();
    run.apply(&[start(Step, "a"), start(Step, "b")]).unwrap();
    run.end(InvocationEnd::Errored(boom()));
    let record = run.execution.record().clone();
    let all: Vec<_> = run.execution.operations().cloned().collect();
    let problem = |operations| {
        Execution::restore(record.clone(), operations)
            .unwrap_err()
            .to_string()
    };
    assert!(problem(all[..1].to_vec()).contains("1 of 2"));
    assert!(problem(all[1..].to_vec()).contains("number 0 is `b`"));
    let mut twice = all.clone();
    twice[1].operation.id = "a".into();
    assert!(problem(twice).contains("two with the id `a`"));
    assert!(Execution::restore(record.clone(), all).is_ok());
}
