//! When a failed step is tried again: [`RetryStrategy`] and the strategies that ship with the runtime.

use std::time::Duration;

use blake2::{Blake2b128, Digest};

use crate::wire::ErrorObject;

/// What a strategy decides after a failed attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetryDecision {
    /// Try again after this delay. The service counts whole seconds, at least one: the runtime rounds up.
    RetryAfter(Duration),
    /// Give up: the step fails with the error of the last attempt.
    Stop,
}

/// Decides after each failed attempt of a step whether and when to try again.
///
/// Any `fn(&ErrorObject, u32) -> RetryDecision` is one; the number is the attempt that just failed, counted
/// from 1. A strategy is only asked about live failures, never on replay, so it may change between deploys.
///
/// ```
/// use durable_runtime::{ErrorObject, RetryDecision};
/// use std::time::Duration;
///
/// fn three_quick_ones(_error: &ErrorObject, attempt: u32) -> RetryDecision {
///     if attempt < 3 { RetryDecision::RetryAfter(Duration::from_secs(1)) } else { RetryDecision::Stop }
/// }
/// # fn takes(_: impl durable_runtime::RetryStrategy) {}
/// # takes(three_quick_ones);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a retry strategy",
    note = "use `NoRetry`, `Exponential`, or a `fn(&ErrorObject, u32) -> RetryDecision`"
)]
pub trait RetryStrategy: Send + Sync + 'static {
    /// What to do after attempt number `attempt` (counted from 1) failed with `error`.
    fn decide(&self, error: &ErrorObject, attempt: u32) -> RetryDecision;

    /// How long [`decide`](Self::decide)'s delay may be stretched or shortened; none unless overridden.
    fn delay_jitter(&self) -> Jitter {
        Jitter::None
    }
}

#[diagnostic::do_not_recommend]
impl<F> RetryStrategy for F
where
    F: Fn(&ErrorObject, u32) -> RetryDecision + Send + Sync + 'static,
{
    fn decide(&self, error: &ErrorObject, attempt: u32) -> RetryDecision {
        self(error, attempt)
    }
}

/// Never try again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NoRetry;

impl RetryStrategy for NoRetry {
    fn decide(&self, _error: &ErrorObject, _attempt: u32) -> RetryDecision {
        RetryDecision::Stop
    }
}

/// How a delay is spread, so that many executions don't come back in the same second.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Jitter {
    /// The delay as computed.
    None,
    /// Between half the delay and all of it.
    Half,
    /// Between nothing and the delay.
    #[default]
    Full,
}

impl Jitter {
    /// Spreads `delay` by `seed`, which is the same for the same attempt of the same operation.
    fn spread(self, delay: Duration, seed: u64) -> Duration {
        // 53 bits make every value an exact f64 in [0, 1).
        let fraction = (seed >> 11) as f64 / (1u64 << 53) as f64;
        match self {
            Self::None => delay,
            Self::Half => delay.mul_f64(0.5 + fraction / 2.0),
            Self::Full => delay.mul_f64(fraction),
        }
    }
}

/// Exponential back-off: `initial_delay × backoff_rate^(attempt − 1)`, at most `max_delay`, with jitter.
///
/// The default is the service's own default strategy, the one every official SDK uses when a step says
/// nothing: 6 attempts, 5 s first delay, ×2, at most 60 s, full jitter.
///
/// ```
/// use durable_runtime::{Exponential, Jitter};
/// use std::time::Duration;
///
/// let strategy = Exponential::new().max_attempts(4).initial_delay(Duration::from_secs(2)).jitter(Jitter::Half);
/// # let _ = strategy;
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Exponential {
    max_attempts: u32,
    initial_delay: Duration,
    max_delay: Duration,
    backoff_rate: f64,
    jitter: Jitter,
}

impl Default for Exponential {
    fn default() -> Self {
        Self::new()
    }
}

impl Exponential {
    /// The service's default strategy.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            max_attempts: 6,
            initial_delay: Duration::from_secs(5),
            max_delay: Duration::from_secs(60),
            backoff_rate: 2.0,
            jitter: Jitter::Full,
        }
    }

    /// How often the step is tried in all, the first attempt included. 1 means no retry; 0 is read as 1.
    #[must_use]
    pub const fn max_attempts(mut self, attempts: u32) -> Self {
        self.max_attempts = attempts;
        self
    }

    /// The delay after the first failed attempt.
    #[must_use]
    pub const fn initial_delay(mut self, delay: Duration) -> Self {
        self.initial_delay = delay;
        self
    }

    /// The longest delay.
    #[must_use]
    pub const fn max_delay(mut self, delay: Duration) -> Self {
        self.max_delay = delay;
        self
    }

    /// What each delay is multiplied by to get the next; 1.0 keeps it fixed. Values below 1, and values that are no
    /// number, are read as 1.
    #[must_use]
    pub const fn backoff_rate(mut self, rate: f64) -> Self {
        self.backoff_rate = rate;
        self
    }

    /// How delays are spread.
    #[must_use]
    pub const fn jitter(mut self, jitter: Jitter) -> Self {
        self.jitter = jitter;
        self
    }
}

impl Exponential {
    /// The delay after attempt number `attempt`, without jitter.
    pub(crate) fn delay_after(&self, attempt: u32) -> Duration {
        let rate = self.backoff_rate.max(1.0);
        let seconds =
            self.initial_delay.as_secs_f64() * rate.powf(f64::from(attempt.saturating_sub(1)));
        let delay = Duration::try_from_secs_f64(seconds).unwrap_or(self.max_delay);
        delay.min(self.max_delay)
    }

    pub(crate) fn own_jitter(&self) -> Jitter {
        self.jitter
    }
}

impl RetryStrategy for Exponential {
    fn decide(&self, _error: &ErrorObject, attempt: u32) -> RetryDecision {
        if attempt >= self.max_attempts {
            return RetryDecision::Stop;
        }
        RetryDecision::RetryAfter(self.delay_after(attempt))
    }

    fn delay_jitter(&self) -> Jitter {
        self.jitter
    }
}

/// The delay as the service takes it: jitter applied, whole seconds rounded up, 1 to 31,622,400 (366 days).
///
/// The jitter is a function of execution, operation and attempt. That spreads a fleet as well as a random number would,
/// and makes a run that is replayed at every checkpoint identical to one that is kept in memory.
pub(crate) fn delay_seconds(
    delay: Duration,
    jitter: Jitter,
    arn: &str,
    operation: &str,
    attempt: u32,
) -> u32 {
    let mut hash = Blake2b128::new();
    hash.update(arn.as_bytes());
    hash.update(operation.as_bytes());
    hash.update(attempt.to_le_bytes());
    let bytes: [u8; 16] = hash.finalize().into();
    let seed = bytes
        .iter()
        .take(8)
        .fold(0u64, |seed, byte| seed << 8 | u64::from(*byte));
    whole_seconds(jitter.spread(delay, seed))
}

/// Whole seconds, rounded up, at least 1 and at most 366 days: what the service counts in.
pub(crate) fn whole_seconds(delay: Duration) -> u32 {
    let seconds = delay
        .as_secs()
        .saturating_add(u64::from(delay.subsec_nanos() > 0));
    let longest = u64::from(crate::wire::limits::WAIT_SECONDS_MAX);
    u32::try_from(seconds.clamp(1, longest)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delays(strategy: Exponential) -> Vec<Option<u64>> {
        (1..=7)
            .map(
                |attempt| match strategy.decide(&ErrorObject::default(), attempt) {
                    RetryDecision::RetryAfter(delay) => Some(delay.as_secs()),
                    RetryDecision::Stop => None,
                },
            )
            .collect()
    }

    #[test]
    fn the_default_is_the_services_own() {
        assert_eq!(
            delays(Exponential::new()),
            [Some(5), Some(10), Some(20), Some(40), Some(60), None, None]
        );
        assert_eq!(Exponential::new().delay_jitter(), Jitter::Full);
    }

    #[test]
    fn a_rate_of_three_gives_two_then_six_seconds() {
        let strategy = Exponential::new()
            .max_attempts(3)
            .initial_delay(Duration::from_secs(2))
            .backoff_rate(3.0);
        assert_eq!(
            delays(strategy).get(..3),
            Some(&[Some(2), Some(6), None][..])
        );
    }

    #[test]
    fn odd_settings_do_not_panic() {
        for rate in [f64::NAN, f64::INFINITY, -1.0, 1e300] {
            let strategy = Exponential::new().max_attempts(u32::MAX).backoff_rate(rate);
            for attempt in [1, 2, 1000, u32::MAX - 1] {
                let RetryDecision::RetryAfter(delay) =
                    strategy.decide(&ErrorObject::default(), attempt)
                else {
                    panic!("stopped at {attempt}");
                };
                assert!(delay <= Duration::from_secs(60));
            }
        }
        assert_eq!(
            delays(Exponential::new().max_attempts(0)).first(),
            Some(&None)
        );
    }

    #[test]
    fn jitter_stays_in_its_range_and_repeats_itself() {
        let delay = Duration::from_secs(100);
        for attempt in 0..200 {
            let full = delay_seconds(delay, Jitter::Full, "arn", "op", attempt);
            let half = delay_seconds(delay, Jitter::Half, "arn", "op", attempt);
            assert!((1..=100).contains(&full), "{full}");
            assert!((50..=100).contains(&half), "{half}");
            assert_eq!(
                full,
                delay_seconds(delay, Jitter::Full, "arn", "op", attempt)
            );
        }
        assert_eq!(delay_seconds(delay, Jitter::None, "arn", "op", 1), 100);
    }

    #[test]
    fn jitter_is_spread_over_the_whole_of_its_range() {
        let delay = Duration::from_secs(100);
        let spread = |jitter: Jitter| {
            [0, 1 << 62, 1 << 63, u64::MAX].map(|seed| jitter.spread(delay, seed).as_secs_f64())
        };
        let close = |found: [f64; 4], expected: [f64; 4]| {
            let mut pairs = found.iter().zip(expected);
            assert!(pairs.all(|(a, b)| (a - b).abs() < 1e-6), "{found:?}");
        };
        close(spread(Jitter::None), [100.0; 4]);
        close(spread(Jitter::Half), [50.0, 62.5, 75.0, 100.0]);
        close(spread(Jitter::Full), [0.0, 25.0, 50.0, 100.0]);
    }

    #[test]
    fn executions_operations_and_attempts_wait_for_different_times() {
        let delay = |arn: &str, operation: &str, attempt| {
            delay_seconds(
                Duration::from_secs(1_000_000),
                Jitter::Full,
                arn,
                operation,
                attempt,
            )
        };
        let some = delay("arn", "op", 1);
        for other in [
            delay("other", "op", 1),
            delay("arn", "other", 1),
            delay("arn", "op", 2),
        ] {
            assert_ne!(other, some);
        }
        let all: Vec<_> = (0..100)
            .map(|attempt| delay("arn", "op", attempt))
            .collect();
        assert!(all.iter().any(|delay| *delay < 200_000));
        assert!(all.iter().any(|delay| *delay > 800_000));
    }

    #[test]
    fn a_function_is_a_strategy_and_has_no_jitter() {
        let twice = |_: &ErrorObject, attempt: u32| match attempt {
            1 => RetryDecision::RetryAfter(Duration::from_secs(3)),
            _ => RetryDecision::Stop,
        };
        let decide = |attempt| RetryStrategy::decide(&twice, &ErrorObject::default(), attempt);
        assert_eq!(decide(1), RetryDecision::RetryAfter(Duration::from_secs(3)));
        assert_eq!(decide(2), RetryDecision::Stop);
        assert_eq!(twice.delay_jitter(), Jitter::None);
        assert_eq!(
            NoRetry.decide(&ErrorObject::default(), 1),
            RetryDecision::Stop
        );
    }

    #[test]
    fn every_setting_is_kept_beside_the_others() {
        let strategy = Exponential::new()
            .jitter(Jitter::Half)
            .backoff_rate(4.0)
            .max_delay(Duration::from_secs(20))
            .initial_delay(Duration::from_secs(3))
            .max_attempts(4);
        assert_eq!(
            delays(strategy).get(..4),
            Some(&[Some(3), Some(12), Some(20), None][..])
        );
        assert_eq!(strategy.delay_jitter(), Jitter::Half);
    }

    #[test]
    fn seconds_are_whole_and_in_the_services_range() {
        assert_eq!(whole_seconds(Duration::ZERO), 1);
        assert_eq!(whole_seconds(Duration::from_millis(1001)), 2);
        assert_eq!(whole_seconds(Duration::MAX), 31_622_400);
    }
}
