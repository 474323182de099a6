//! The timeouts of a callback, in the service's range.

use std::time::Duration;

use crate::invocation::op::Op;
use crate::wire::{ErrorObject, limits};

/// How long a callback stays open, and how long the outside may be silent.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Timeouts {
    pub(super) timeout: Option<Duration>,
    pub(super) heartbeat: Option<Duration>,
}

impl Timeouts {
    /// As the service takes them, in whole seconds; zero for none.
    pub(super) fn seconds(&self, op: &Op) -> Result<(u32, u32), ErrorObject> {
        let seconds = |what: &str, timeout: Option<Duration>| {
            whole_seconds(timeout).map_err(|problem| {
                ErrorObject::new(
                    "CallbackTimeoutOutOfRange",
                    format!(
                        "the {what} of {} is {problem}; the service takes more than zero and at most {} s, and leaving it out means none",
                        op.describe(),
                        limits::CALLBACK_TIMEOUT_SECONDS_MAX
                    ),
                )
            })
        };
        let both = (
            seconds("timeout", self.timeout)?,
            seconds("heartbeat timeout", self.heartbeat)?,
        );
        if let (Some(timeout), Some(heartbeat)) = (self.timeout, self.heartbeat)
            && heartbeat >= timeout
        {
            tracing::warn!(
                callback = op.name(),
                ?timeout,
                ?heartbeat,
                "the heartbeat timeout is not shorter than the timeout, so it never passes first"
            );
        }
        Ok(both)
    }
}

fn whole_seconds(timeout: Option<Duration>) -> Result<u32, String> {
    let Some(timeout) = timeout else {
        return Ok(0);
    };
    if timeout.is_zero() {
        return Err("zero".to_owned());
    }
    let seconds = timeout
        .as_secs()
        .saturating_add(u64::from(timeout.subsec_nanos() > 0));
    u32::try_from(seconds)
        .ok()
        .filter(|seconds| *seconds <= limits::CALLBACK_TIMEOUT_SECONDS_MAX)
        .ok_or_else(|| format!("{} s", timeout.as_secs()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_are_whole_and_never_switch_a_timeout_off() {
        assert_eq!(whole_seconds(None), Ok(0));
        assert_eq!(whole_seconds(Some(Duration::from_millis(1))), Ok(1));
        assert_eq!(whole_seconds(Some(Duration::from_secs(5))), Ok(5));
        assert!(whole_seconds(Some(Duration::ZERO)).is_err());
        let most = Duration::from_secs(99_999_999);
        assert_eq!(whole_seconds(Some(most)), Ok(99_999_999));
        assert!(whole_seconds(Some(most + Duration::from_nanos(1))).is_err());
        assert!(whole_seconds(Some(Duration::MAX)).is_err());
    }
}
