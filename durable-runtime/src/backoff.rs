//! How long a poll waits for its next look: [`Backoff`] and [`WaitStrategy`].

use std::time::Duration;

use crate::retry::{Exponential, Jitter};

/// Decides after each look of a [`poll_until`](crate::poll_until) that was not the last when the next one is.
///
/// [`Backoff`] is one, and so is every `Fn(&State, u32) -> Option<Duration>`. Only asked live, never on replay, so it may change between deploys.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a wait strategy",
    note = "use a `Backoff`, or a function of the state and of the number of looks so far that gives `Option<Duration>`"
)]
pub trait WaitStrategy<S> {
    /// When to look again, after look number `attempt` (counted from 1) gave `state`; `None` gives up. The service counts whole
    /// seconds, at least one: the runtime rounds up.
    fn next_delay(&self, state: &S, attempt: u32) -> Option<Duration>;

    /// How far the delay may be shortened, so that many executions don't look in the same second; not at all unless overridden.
    fn delay_jitter(&self) -> Jitter {
        Jitter::None
    }
}

#[diagnostic::do_not_recommend]
impl<S, F: Fn(&S, u32) -> Option<Duration>> WaitStrategy<S> for F {
    fn next_delay(&self, state: &S, attempt: u32) -> Option<Duration> {
        self(state, attempt)
    }
}

/// Looks again after `initial_delay × backoff_rate^(attempt − 1)`, at most `max_delay`, with jitter.
///
/// The default is the service's own, the one every official SDK uses: at most 60 looks, 5 s first delay, ×1.5, at most 300 s, full jitter.
///
/// ```
/// use durable_runtime::{Backoff, Jitter};
/// use std::time::Duration;
///
/// let slow = Backoff::new().initial_delay(Duration::from_secs(60)).jitter(Jitter::None);
/// let steady = Backoff::every(Duration::from_secs(30)).max_attempts(2_880);
/// # let _ = (slow, steady);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Backoff {
    max_attempts: u32,
    delays: Exponential,
}

impl Default for Backoff {
    fn default() -> Self {
        Self::new()
    }
}

impl Backoff {
    /// The service's default.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            max_attempts: 60,
            delays: Exponential::new()
                .initial_delay(Duration::from_secs(5))
                .max_delay(Duration::from_secs(300))
                .backoff_rate(1.5)
                .jitter(Jitter::Full),
        }
    }

    /// The same delay every time, without jitter; at most 60 looks, as by default.
    #[must_use]
    pub const fn every(delay: Duration) -> Self {
        Self::new()
            .initial_delay(delay)
            .max_delay(delay)
            .backoff_rate(1.0)
            .jitter(Jitter::None)
    }

    /// How often to look in all, the first time included; 0 is read as 1. `u32::MAX` is as good as without end.
    #[must_use]
    pub const fn max_attempts(mut self, attempts: u32) -> Self {
        self.max_attempts = attempts;
        self
    }

    /// The delay after the first look.
    #[must_use]
    pub const fn initial_delay(mut self, delay: Duration) -> Self {
        self.delays = self.delays.initial_delay(delay);
        self
    }

    /// The longest delay.
    #[must_use]
    pub const fn max_delay(mut self, delay: Duration) -> Self {
        self.delays = self.delays.max_delay(delay);
        self
    }

    /// What each delay is multiplied by to get the next; 1.0 keeps it fixed. Values below 1, and values that are no
    /// number, are read as 1.
    #[must_use]
    pub const fn backoff_rate(mut self, rate: f64) -> Self {
        self.delays = self.delays.backoff_rate(rate);
        self
    }

    /// How delays are spread.
    #[must_use]
    pub const fn jitter(mut self, jitter: Jitter) -> Self {
        self.delays = self.delays.jitter(jitter);
        self
    }
}

impl<S> WaitStrategy<S> for Backoff {
    fn next_delay(&self, _: &S, attempt: u32) -> Option<Duration> {
        (attempt < self.max_attempts).then(|| self.delays.delay_after(attempt))
    }

    fn delay_jitter(&self) -> Jitter {
        self.delays.own_jitter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delays(backoff: Backoff, attempts: u32) -> Vec<Option<u64>> {
        (1..=attempts)
            .map(|attempt| {
                backoff
                    .next_delay(&(), attempt)
                    .map(|delay| delay.as_secs())
            })
            .collect()
    }

    #[test]
    fn the_default_is_the_services_own() {
        let delays = delays(Backoff::default(), 61);
        assert_eq!(delays[..4], [Some(5), Some(7), Some(11), Some(16)]);
        assert_eq!(delays[40], Some(300));
        assert_eq!(delays[58..], [Some(300), None, None]);
        assert_eq!(
            WaitStrategy::<()>::delay_jitter(&Backoff::default()),
            Jitter::Full
        );
    }

    #[test]
    fn every_is_fixed() {
        let backoff = Backoff::every(Duration::from_secs(2)).max_attempts(3);
        assert_eq!(delays(backoff, 3), [Some(2), Some(2), None]);
        assert_eq!(WaitStrategy::<()>::delay_jitter(&backoff), Jitter::None);
        assert_eq!(delays(backoff.max_attempts(0), 1), [None]);
    }

    #[test]
    fn a_function_of_the_state_is_one_and_has_no_jitter() {
        let doubled = |state: &u64, attempt: u32| {
            (attempt < 3).then(|| Duration::from_secs(*state * u64::from(attempt)))
        };
        let delays = [1, 2, 3].map(|attempt| doubled.next_delay(&5, attempt));
        assert_eq!(
            delays.map(|delay| delay.map(|delay| delay.as_secs())),
            [Some(5), Some(10), None]
        );
        assert_eq!(doubled.delay_jitter(), Jitter::None);
    }

    #[test]
    fn every_setting_is_kept_beside_the_others() {
        let backoff = Backoff::new()
            .jitter(Jitter::Half)
            .backoff_rate(4.0)
            .max_delay(Duration::from_secs(20))
            .initial_delay(Duration::from_secs(3))
            .max_attempts(4);
        assert_eq!(delays(backoff, 4), [Some(3), Some(12), Some(20), None]);
        assert_eq!(WaitStrategy::<()>::delay_jitter(&backoff), Jitter::Half);
    }
}
