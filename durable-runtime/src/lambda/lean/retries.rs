//! [`Retries`]: which failed attempts are made again, and when. The AWS SDK's standard mode, without its quota.

use std::time::Duration;

use ring::rand::{SecureRandom, SystemRandom};

use super::failure::Failure;
use crate::host::BackendErrorKind;
use crate::lambda::refusal::Refusal;

/// Answers of a service that is in trouble, or of what stands before it.
const TRANSIENT: [u16; 4] = [500, 502, 503, 504];

/// What a service in need of a moment calls it.
const TRANSIENT_CODES: [&str; 2] = ["RequestTimeout", "RequestTimeoutException"];

/// How often a call is attempted, and the pauses between. The defaults are those of the AWS SDK's standard mode.
#[derive(Clone, Copy, Debug)]
pub(super) struct Retries {
    pub(super) max_attempts: u32,
    pub(super) initial_backoff: Duration,
    pub(super) max_backoff: Duration,
}

impl Default for Retries {
    fn default() -> Self {
        Self {
            max_attempts: 3,
            initial_backoff: Duration::from_secs(1),
            max_backoff: Duration::from_secs(20),
        }
    }
}

impl Retries {
    /// When to try again after attempt number `attempt`, counted from 1.
    pub(super) fn after(&self, attempt: u32, failure: &Failure) -> Option<Duration> {
        if attempt >= self.max_attempts {
            return None;
        }
        let asked = match failure {
            Failure::Unready(_) => return None,
            Failure::Unanswered(_) => None,
            Failure::Refused(refused) => {
                if !is_passing(&refused.refusal()) {
                    return None;
                }
                refused.retry_after
            }
        };
        Some(self.delay(attempt, asked, chance()))
    }

    /// What the service asked for, else exponential with full jitter; `chance` is from 0 to 1.
    fn delay(&self, attempt: u32, asked: Option<Duration>, chance: f64) -> Duration {
        let exponential = || {
            let factor = 2_u32.saturating_pow(attempt.saturating_sub(1));
            let most = self.initial_backoff.saturating_mul(factor);
            most.min(self.max_backoff).mul_f64(chance)
        };
        asked.map_or_else(exponential, |asked| asked.min(self.max_backoff))
    }
}

/// Whether the same call may well succeed in a moment.
fn is_passing(refusal: &Refusal<'_>) -> bool {
    refusal.kind() == BackendErrorKind::Throttled
        || TRANSIENT.contains(&refusal.status)
        || refusal
            .code
            .is_some_and(|code| TRANSIENT_CODES.contains(&code))
}

/// From 0 to 1, all equally likely. Without a source of chance the longest delay is the safe one.
fn chance() -> f64 {
    let mut bytes = [0; 4];
    match SystemRandom::new().fill(&mut bytes) {
        Ok(()) => f64::from(u32::from_le_bytes(bytes)) / f64::from(u32::MAX),
        Err(_) => 1.0,
    }
}

#[cfg(test)]
mod tests {
    use super::super::failure::Refused;
    use super::*;

    fn refused(status: u16, code: &str) -> Failure {
        Failure::Refused(Refused {
            status,
            code: Some(code.to_owned()),
            ..Refused::default()
        })
    }

    #[test]
    fn delays_double_up_to_the_greatest() {
        let retries = Retries::default();
        let delays = [1, 2, 3, 5, 6, 40].map(|attempt| retries.delay(attempt, None, 1.0).as_secs());
        assert_eq!(delays, [1, 2, 4, 16, 20, 20]);
        assert_eq!(retries.delay(3, None, 0.25), Duration::from_secs(1));
    }

    #[test]
    fn the_services_wish_comes_before_the_schedule() {
        let asked = |millis| {
            let asked = Some(Duration::from_millis(millis));
            Retries::default().delay(1, asked, 0.0)
        };
        assert_eq!(asked(700), Duration::from_millis(700));
        assert_eq!(asked(60_000), Duration::from_secs(20));
    }

    #[test]
    fn there_are_three_attempts() {
        let retries = Retries::default();
        let failure = Failure::Unanswered("gone".to_owned());
        assert!(retries.after(1, &failure).is_some() && retries.after(2, &failure).is_some());
        assert_eq!(retries.after(3, &failure), None);
    }

    #[test]
    fn only_what_may_pass_is_repeated() {
        let retried = |failure| Retries::default().after(1, &failure).is_some();
        for (status, code) in [
            (500, "ServiceException"),
            (502, ""),
            (503, ""),
            (504, ""),
            (429, "TooManyRequestsException"),
            (400, "ThrottlingException"),
            (408, "RequestTimeout"),
        ] {
            assert!(retried(refused(status, code)), "{status} {code}");
        }
        for (status, code) in [
            (400, "InvalidParameterValueException"),
            (403, "ExpiredTokenException"),
            (404, "ResourceNotFoundException"),
            (409, "ResourceConflictException"),
            (501, ""),
        ] {
            assert!(!retried(refused(status, code)), "{status} {code}");
        }
        assert!(!retried(Failure::Unready("no credentials".to_owned())));
    }

    #[test]
    fn chance_is_a_fraction() {
        let chances: Vec<f64> = std::iter::repeat_with(chance).take(64).collect();
        assert!(chances.iter().all(|chance| (0.0..=1.0).contains(chance)));
        assert!(chances.windows(2).any(|pair| pair.first() != pair.last()));
    }
}
