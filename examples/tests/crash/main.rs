//! Kills the real `fulfilment` process with SIGKILL, again and again, and proves from the ledger and the database that nothing of it could be noticed.
//!
//! After every kill the database is read (from a copy, as the next engine would find it) together with the ledger, and [`laws`] compares both with what they
//! held at the kill before. `CRASH_TEST_SEED` repeats a run's choices.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "these are tests"
)]

#[path = "../common/mod.rs"]
mod common;
mod laws;
mod seen;
mod trigger;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use common::{Ended, Place};
use examples::fulfilment::Order;

use seen::Seen;
use trigger::{Seeded, Trigger};

const FULFILMENT: &str = env!("CARGO_BIN_EXE_fulfilment");
/// Kills that found the process alive.
const KILLS: usize = 80;
/// From here on the killing is only quick kills, to be done in time.
const HURRY: Duration = Duration::from_secs(30);
/// So many orders are unfinished at any time: whatever one waits for, another is busy.
const AT_ONCE: usize = 4;
/// Attempts that crashes may use up of the ten that an at-most-once step has.
const ATTEMPTS: u32 = 7;

#[test]
fn killed_at_any_moment_the_workflow_goes_on_as_if_nothing_had_happened() {
    let started = Instant::now();
    let mut random = Seeded::from_environment();
    let place = Place::new();
    let mut orders = Vec::<Order>::new();
    let mut seen = Seen::default();
    let mut tally = BTreeMap::<String, usize>::new();
    let (mut kills, mut cut_writes) = (0, 0);

    while kills < KILLS {
        let open: Vec<&Order> = orders
            .iter()
            .filter(|order| !seen.has_ended(&order.id))
            .collect();
        let order = if open.len() < AT_ONCE {
            let order = numbered(orders.len(), &mut random);
            orders.push(order.clone());
            order
        } else {
            random.pick(&open).to_owned().clone()
        };
        let trigger = match seen.attempts_used() {
            // Ten attempts are not for ever: let these orders get over it.
            used if used >= ATTEMPTS => Trigger::Never,
            _ if started.elapsed() > HURRY => Trigger::quick(&mut random),
            _ => Trigger::any(&mut random),
        };

        let mut process = place.spawn(
            FULFILMENT,
            &arguments(&place, &order).each_ref().map(String::as_str),
        );
        trigger.wait(&place, &mut process);
        let (killed, ended) = process.kill();
        if killed {
            kills += 1;
        } else {
            assert_eq!(ended.code, Some(0), "it ended by itself: {ended:#?}");
        }

        let now = Seen::read(&place);
        laws::check(&seen, &now).unwrap_or_else(|broken| {
            panic!(
                "kill {kills}, {trigger:?}, {}: {broken}\n{}",
                order.id, ended.stderr
            )
        });
        if killed {
            cut_writes += usize::from(now.cut_write);
            *tally.entry(now.phase_of(&order.id)).or_default() += 1;
        }
        seen = now;
    }
    let killing = started.elapsed();

    let results: Vec<Ended> = orders.iter().map(|order| run(&place, order)).collect();

    let end = Seen::read(&place);
    laws::check(&seen, &end).unwrap();
    let undisturbed: Vec<(Place, Ended)> = run_undisturbed(&orders);
    for (order, (disturbed, (_, undisturbed))) in
        orders.iter().zip(results.iter().zip(&undisturbed))
    {
        assert_eq!(disturbed.result(), undisturbed.result(), "{}", order.id);
        assert_eq!(
            run(&place, order).stdout,
            disturbed.stdout,
            "{}: the recorded result is another",
            order.id
        );
    }
    assert_eq!(
        Seen::read(&place).ledger,
        end.ledger,
        "an order that had ended ran again"
    );

    println!(
        "{kills} kills in {killing:.1?} ({:.1?} with all checks), {} orders, {} ledger lines",
        started.elapsed(),
        orders.len(),
        end.ledger.len()
    );
    println!("{cut_writes} of the kills cut a transaction short in the middle of its write");
    for (phase, times) in tally {
        println!("{times:>4} × {phase}");
    }
}

/// Orders of all kinds: every fourth is declined, and they wait 0 to 2 s.
fn numbered(number: usize, random: &mut Seeded) -> Order {
    let mut order = Order::sample();
    order.id = format!("order-{number}");
    order.wait_seconds = random.below(3);
    if number % 4 == 3 {
        order.card = "declined".to_owned();
    }
    order
}

fn arguments(place: &Place, order: &Order) -> [String; 2] {
    let file = place.write(
        &format!("{}.json", order.id),
        serde_json::to_string(order).unwrap(),
    );
    ["--order".to_owned(), file.to_str().unwrap().to_owned()]
}

fn run(place: &Place, order: &Order) -> Ended {
    place.fulfilment(&arguments(place, order).each_ref().map(String::as_str))
}

/// All orders at the same time, each in a place of its own, and nobody is killed.
fn run_undisturbed(orders: &[Order]) -> Vec<(Place, Ended)> {
    let running: Vec<_> = orders
        .iter()
        .map(|order| {
            let place = Place::new();
            let process = place.spawn(
                FULFILMENT,
                &arguments(&place, order).each_ref().map(String::as_str),
            );
            (place, process)
        })
        .collect();
    running
        .into_iter()
        .map(|(place, process)| (place, process.end()))
        .collect()
}
