//! [`Faults`]: what a network and a service do now and then, decided by a seed.

use parking_lot::Mutex;
use rand_chacha::ChaCha8Rng;
use rand_core::{Rng as _, SeedableRng as _};

/// How many faults one engine has at most, so that everything comes to an end.
const MOST: u32 = 32;

/// One in so many calls goes wrong.
const RATE: u32 = 4;

/// Where faults come from. The same seed gives the same ones, as long as the engine runs on one thread.
pub(crate) struct Faults(Mutex<State>);

struct State {
    numbers: ChaCha8Rng,
    left: u32,
}

/// What becomes of a checkpoint on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// It arrives, and so does its answer.
    Delivered,
    /// It never arrives.
    Lost,
    /// It arrives, and its answer is lost.
    Unanswered,
    /// It arrives twice.
    Repeated,
    /// The service wants fewer calls.
    Throttled,
    /// One with a token that is not valid any more arrives before it.
    BehindStale,
}

impl std::fmt::Debug for Faults {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Faults").finish_non_exhaustive()
    }
}

impl Faults {
    pub(crate) fn new(seed: u64) -> Self {
        Self(Mutex::new(State {
            numbers: ChaCha8Rng::seed_from_u64(seed),
            left: MOST,
        }))
    }

    /// A number below `end`.
    fn below(state: &mut State, end: u32) -> u32 {
        state.numbers.next_u32() % end
    }

    /// Whether something goes wrong now.
    fn strikes(state: &mut State) -> bool {
        if state.left == 0 || Self::below(state, RATE) > 0 {
            return false;
        }
        state.left -= 1;
        true
    }

    pub(super) fn fate(&self) -> Fate {
        let mut state = self.0.lock();
        if !Self::strikes(&mut state) {
            return Fate::Delivered;
        }
        match Self::below(&mut state, 5) {
            0 => Fate::Lost,
            1 => Fate::Unanswered,
            2 => Fate::Repeated,
            3 => Fate::Throttled,
            _ => Fate::BehindStale,
        }
    }

    /// Whether a page of state is lost.
    pub(super) fn loses_page(&self) -> bool {
        Self::strikes(&mut self.0.lock())
    }

    /// Whether a workflow that is kept in memory is dropped, so that it has to replay.
    pub(super) fn drops_resident(&self) -> bool {
        Self::below(&mut self.0.lock(), 3) == 0
    }

    /// How many operations stand on a page.
    pub(super) fn page(&self) -> usize {
        match Self::below(&mut self.0.lock(), 4) {
            0 => 1,
            1 => 3,
            2 => 10,
            _ => usize::MAX,
        }
    }

    /// How often everybody else has a turn before a call goes on its way.
    pub(super) fn delay(&self) -> u32 {
        let mut state = self.0.lock();
        match Self::below(&mut state, 4) {
            0 => Self::below(&mut state, 8),
            _ => 0,
        }
    }
}
