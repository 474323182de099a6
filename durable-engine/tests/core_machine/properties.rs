//! Random lives of an execution: whatever comes, it neither panics nor contradicts itself.
//!
//! [`Run`](crate::support::Run) checks at every step that a refused batch changes nothing, that the stored commits restore
//! to the live execution, and that event ids have no gaps.

use durable_engine::core::{ExecutionStatus, InvocationEnd};
use durable_runtime::wire::{OperationAction, OperationType, OperationUpdate};
use proptest::{collection::vec, option, prelude::*, sample::select};

use crate::lives::{is_sound, legal_batch, outside, pause};
use crate::support::*;

#[derive(Debug, Clone)]
enum Event {
    Invoke,
    Apply(Vec<OperationUpdate>),
    /// A batch of updates that are legal where the execution stands, picked by these numbers.
    Legal(Vec<usize>),
    End(InvocationEnd),
    Pass(u64),
    /// Something outside answers, or shows that it is alive.
    Outside(bool),
    /// Somebody pauses or resumes it.
    Pause(bool),
    Restart,
}

/// An id mostly has the type it always has, so that sequences get somewhere; and now and then another one.
fn ids_with_types() -> impl Strategy<Value = (&'static str, OperationType)> {
    let usual = select(vec![
        ("s1", Step),
        ("s2", Step),
        ("s3", Step),
        ("c1", Context),
        ("c2", Context),
        ("w1", Wait),
        ("w2", Wait),
        ("k1", Callback),
        ("i1", ChainedInvoke),
    ]);
    let odd = (
        select(vec!["s1", "c1", "", "not an id"]),
        select(OperationType::ALL),
    );
    prop_oneof![12 => usual, 1 => odd]
}

prop_compose! {
    fn update()(
        (id, operation_type) in ids_with_types(),
        action in prop_oneof![4 => Just(OperationAction::Start), 4 => select(OperationAction::ALL)],
        parent in option::weighted(0.3, select(vec!["c1", "c2", "s1", "nobody"])),
        seconds in 0..5_u32,
        odd in option::weighted(0.1, any::<bool>()),
    ) -> OperationUpdate {
        let mut update = match (operation_type, action) {
            (_, OperationAction::Fail) => fail(operation_type, id),
            (Step, OperationAction::Retry) => retry(id, seconds),
            (Wait, OperationAction::Start) => wait(id, seconds),
            (Callback, OperationAction::Start) => start(Callback, id).with_callback_timeouts(seconds, seconds / 2),
            (ChainedInvoke, OperationAction::Start) => OperationUpdate::start_chained_invoke(id, "ship"),
            _ => OperationUpdate::new(operation_type, action, id),
        };
        update.parent_id = parent.map(str::to_owned);
        match odd {
            Some(true) => update = update.with_payload("1"),
            Some(false) => update = update.with_name("renamed"),
            None => {}
        }
        update
    }
}

fn event() -> impl Strategy<Value = Event> {
    let end = prop_oneof![
        16 => Just(InvocationEnd::Pending),
        3 => Just(InvocationEnd::Errored(boom())),
        1 => Just(InvocationEnd::Lost(boom())),
        1 => Just(InvocationEnd::Failed(boom())),
        1 => Just(InvocationEnd::Succeeded("1".into())),
    ];
    prop_oneof![
        6 => Just(Event::Invoke),
        4 => vec(update(), 0..4).prop_map(Event::Apply),
        12 => vec(any::<usize>(), 1..5).prop_map(Event::Legal),
        5 => end.prop_map(Event::End),
        4 => (0..6_u64).prop_map(Event::Pass),
        2 => any::<bool>().prop_map(Event::Outside),
        1 => any::<bool>().prop_map(Event::Pause),
        1 => Just(Event::Restart),

    ]
}

proptest! {
    #[test]
    fn any_life_is_sound(life in vec(event(), 0..80)) {
        let mut run = Run::invoked();
        run.apply(&[wait("long", 10_000)]).unwrap();
        let mut ended = None;
        for event in life {
            match event {
                Event::Invoke => drop(run.try_invoke()),
                Event::Apply(updates) if run.execution.record().token.is_some() => {
                    let events = run.history.len();
                    let pausing = run.execution.record().status == ExecutionStatus::Pausing;
                    if run.apply(&updates).is_ok() {
                        let closes = run.execution.record().closing.is_some();
                        let pauses = pausing && !closes;
                        prop_assert_eq!(
                            run.history.len() - events,
                            updates.len() - usize::from(closes) + usize::from(pauses)
                        );
                    }
                }
                Event::Legal(picks) if run.execution.record().token.is_some() => {
                    let batch = legal_batch(&run, &picks);
                    run.apply(&batch).expect("a batch whose updates were tried one after the other");
                }
                Event::Apply(_) | Event::Legal(_) => {}
                Event::End(end) => drop(run.end(end)),
                Event::Pass(seconds) => run.pass(seconds),
                Event::Outside(answers) => outside(&mut run, answers),
                Event::Pause(pauses) => pause(&mut run, pauses),
                // What no commit has seen, such as an invocation that wrote nothing, is lost here.
                Event::Restart => run.restart(),
            }
            is_sound(&run);
            let record = run.execution.record();
            if record.status.is_terminal() {
                let now = (record.status, run.history.len());
                prop_assert_eq!(*ended.get_or_insert(now), now, "an execution ends once");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// However the host interleaves them, an invocation is told of each completion, and of none twice in a row.
    #[test]
    fn every_completion_is_told_once(
        waits in vec(1..20_u32, 1..12),
        steps in vec((0..8_u64, any::<bool>()), 0..60),
    ) {
        let updates: Vec<_> =
            waits.iter().enumerate().map(|(n, seconds)| wait(&format!("w{n}"), *seconds)).collect();
        let mut run = Run::suspended_after(&updates);
        let mut told = Vec::new();
        let tail = (0..60).map(|n| (1, n % 2 == 0));
        for (seconds, checkpoint) in steps.into_iter().chain(tail) {
            run.pass(seconds);
            if let Some(invoked) = run.try_invoke() {
                told.extend(invoked.changed.into_iter().map(|it| it.id));
            }
            run.pass(0);
            if checkpoint && run.execution.record().token.is_some() {
                told.extend(run.apply(&[]).unwrap().operations.into_iter().map(|it| it.id));
            } else if run.execution.record().status == ExecutionStatus::Running {
                run.end(InvocationEnd::Pending);
            }
        }
        let due_order = {
            let mut order: Vec<_> = waits.iter().enumerate().map(|(n, s)| (*s, n)).collect();
            order.sort_unstable();
            order.into_iter().map(|(_, n)| format!("w{n}")).collect::<Vec<_>>()
        };
        prop_assert_eq!(told, due_order);
    }
}
