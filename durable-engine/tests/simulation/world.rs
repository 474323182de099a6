//! What is outside of the workflow: who saw what, which bodies ran, and who is to answer which callback.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::program::Answered;

#[derive(Clone, Default)]
pub(crate) struct World(Arc<Inner>);

#[derive(Default)]
struct Inner {
    state: Mutex<State>,
    mail: Notify,
}

#[derive(Default)]
struct State {
    /// What the workflow saw, by the place where it saw it.
    seen: BTreeMap<String, String>,
    /// How often the body of an at-most-once attempt has begun.
    begun: BTreeMap<(String, u32), u32>,
    undone: BTreeSet<String>,
    letters: Vec<(String, Answered)>,
    asked: BTreeMap<String, Answered>,
    wrong: Vec<String>,
}

impl World {
    pub(crate) fn wrong(&self, what: impl Into<String>) {
        self.0.state.lock().wrong.push(what.into());
    }

    /// The first thing that must not be.
    pub(crate) fn first_wrong(&self) -> Option<String> {
        self.0.state.lock().wrong.first().cloned()
    }

    /// The workflow sees something. Whenever it does so again, it must be the same.
    pub(crate) fn see(&self, place: &str, what: String) {
        let before = {
            let mut state = self.0.state.lock();
            match state.seen.get(place) {
                Some(before) if *before == what => return,
                Some(before) => before.clone(),
                None => {
                    state.seen.insert(place.to_owned(), what);
                    return;
                }
            }
        };
        self.wrong(format!("{place}: seen as {before}, and then as {what}"));
    }

    /// The body of an at-most-once step begins.
    pub(crate) fn begin(&self, place: &str, attempt: u32) {
        let times = {
            let mut state = self.0.state.lock();
            let times = state.begun.entry((place.to_owned(), attempt)).or_default();
            *times += 1;
            *times
        };
        if times > 1 {
            self.wrong(format!(
                "{place}: attempt {attempt} of a step that runs at most once has begun {times} times"
            ));
        }
    }

    pub(crate) fn undo(&self, place: &str) {
        self.0.state.lock().undone.insert(place.to_owned());
    }

    pub(crate) fn undone(&self) -> BTreeSet<String> {
        self.0.state.lock().undone.clone()
    }

    /// Somebody is asked to complete a callback, perhaps not for the first time.
    pub(crate) fn ask(&self, callback: &str, answered: Answered) {
        let mut state = self.0.state.lock();
        let before = state.asked.insert(callback.to_owned(), answered);
        if before.is_none() {
            state.letters.push((callback.to_owned(), answered));
            self.0.mail.notify_one();
        }
    }

    /// The next callback to complete. It stays known: who asks after a crash may not hear of it again.
    pub(crate) async fn letter(&self) -> (String, Answered) {
        loop {
            if let Some(letter) = self.0.state.lock().letters.pop() {
                return letter;
            }
            self.0.mail.notified().await;
        }
    }

    /// After a crash all answers are sent again: nobody knows which have arrived.
    pub(crate) fn send_again(&self) {
        let mut state = self.0.state.lock();
        let all = state.asked.clone().into_iter();
        state.letters = all.collect();
        self.0.mail.notify_one();
    }
}
