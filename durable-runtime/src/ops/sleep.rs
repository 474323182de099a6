//! [`sleep`] and [`sleep_until`]: waits that cost nothing while they wait.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::durable::{Durable, Tuning};
use crate::invocation::op::{Op, Snapshot, WAIT};
use crate::retry::whole_seconds;
use crate::site::Site;
use crate::wire::{ErrorObject, OperationStatus, OperationUpdate, Timestamp, limits};

/// A durable wait; see [`sleep`].
#[derive(Clone, Copy, Debug)]
#[must_use = "a sleep does nothing unless a workflow awaits it"]
pub struct Sleep(Duration);

/// Waits for this long. While it waits nothing runs and nothing is paid for; a crash or a deploy meanwhile changes nothing.
///
/// The service counts whole seconds, 1 to 31,622,400 (366 days): fractions are rounded up, and a duration of zero does not wait. More than 366 days
/// fails the execution.
///
/// ```
/// use durable_runtime::prelude::*;
///
/// #[durable_workflow]
/// async fn remind(who: String) -> Result<String> {
///     sleep(Duration::from_hours(24)).await;
///     Ok(format!("Time to water the plants, {who}"))
/// }
/// # let _ = remind;
/// ```
pub fn sleep(duration: Duration) -> Sleep {
    Sleep(duration)
}

/// A durable wait for a point in time; see [`sleep_until`].
#[derive(Clone, Copy, Debug)]
#[must_use = "a sleep does nothing unless a workflow awaits it"]
pub struct SleepUntil(SystemTime);

/// Waits until this time, by the service's clock. A time that has passed when the workflow first gets here does not wait.
///
/// The time must be the same on replay: take it from the input, from a step, or from [`now`](crate::now).
pub fn sleep_until(time: SystemTime) -> SleepUntil {
    SleepUntil(time)
}

#[diagnostic::do_not_recommend]
impl Durable for Sleep {
    type Output = ();
    type __Kind = crate::locked::Sleep;

    async fn __operation(self, site: &'static Site, tuning: Tuning) {
        let (op, known) = Op::reach(site, &tuning, &WAIT, Some(site.key)).await;
        if known.is_none() && self.0.is_zero() {
            return;
        }
        wait(&op, known, self.0).await;
    }
}

#[diagnostic::do_not_recommend]
impl Durable for SleepUntil {
    type Output = ();
    type __Kind = crate::locked::Sleep;

    async fn __operation(self, site: &'static Site, tuning: Tuning) {
        let (op, known) = Op::reach(site, &tuning, &WAIT, Some(site.key)).await;
        let until = self.0.duration_since(UNIX_EPOCH).unwrap_or_default();
        let until = Timestamp::from_millis(i64::try_from(until.as_millis()).unwrap_or(i64::MAX));
        let left = until.saturating_duration_since(op.here.core.now());
        if known.is_none() && left.is_zero() {
            return;
        }
        wait(&op, known, left).await;
    }
}

/// Waits, unless that is recorded already; how long is of interest only if it is not.
pub(super) async fn wait(op: &Op, mut known: Option<Snapshot>, duration: Duration) {
    if known.is_none() {
        if duration.as_secs() > u64::from(limits::WAIT_SECONDS_MAX) {
            op.here.fail(too_long(op, duration)).await;
        }
        op.write(OperationUpdate::start_wait(
            op.id(),
            whole_seconds(duration),
        ))
        .await;
        known = op.snapshot();
    }
    loop {
        match known {
            None => known = op.parked(OperationStatus::Started, None).await,
            Some(Snapshot {
                status: OperationStatus::Started,
                due,
                ..
            }) => {
                known = op.parked(OperationStatus::Started, due).await;
            }
            // Succeeded; or cancelled by a decision of an earlier invocation, and then nobody looks.
            Some(_) => return,
        }
    }
}

fn too_long(op: &Op, duration: Duration) -> ErrorObject {
    ErrorObject::new(
        "SleepTooLong",
        format!(
            "{} asks for {} s, and the service waits at most {} s (366 days); sleep several times",
            op.describe(),
            duration.as_secs(),
            limits::WAIT_SECONDS_MAX
        ),
    )
}
