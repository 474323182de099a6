//! [`now`]: the time, read once and recorded.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::durable::{Durable, Tuning};
use crate::invocation::Urgency;
use crate::invocation::op::{Op, STEP};
use crate::outcome::decode_json;
use crate::site::Site;
use crate::wire::{OperationStatus, OperationType, OperationUpdate, Timestamp};

/// The time, as an operation; see [`now`].
#[derive(Clone, Copy, Debug)]
#[must_use = "`now()` does nothing unless a workflow awaits it"]
pub struct Now(());

/// The time when the workflow first got here: recorded as a step, the same on every replay. Milliseconds are kept.
///
/// ```
/// use durable_runtime::prelude::*;
///
/// #[durable_workflow]
/// async fn stamp() -> Result<u64> {
///     let started = now().await;
///     Ok(started.duration_since(std::time::UNIX_EPOCH)?.as_secs())
/// }
/// # let _ = stamp;
/// ```
pub fn now() -> Now {
    Now(())
}

fn to_system_time(timestamp: Timestamp) -> SystemTime {
    UNIX_EPOCH + Duration::from_millis(u64::try_from(timestamp.as_millis()).unwrap_or(0))
}

#[diagnostic::do_not_recommend]
impl Durable for Now {
    type Output = SystemTime;
    type __Kind = crate::locked::Now;

    async fn __operation(self, site: &'static Site, tuning: Tuning) -> SystemTime {
        let (op, known) = Op::reach(site, &tuning, &STEP, Some("now")).await;
        if known
            .as_ref()
            .is_some_and(|known| known.status == OperationStatus::Succeeded)
        {
            let recorded = op
                .with_record(|operation| operation.result().map(decode_json::<i64>))
                .flatten();
            match recorded {
                Some(Ok(millis)) => return to_system_time(Timestamp::from_millis(millis)),
                Some(Err(reason)) => {
                    op.here
                        .fail(super::step_record::undecodable(&op, &reason))
                        .await
                }
                None => {
                    let reason = "the record is empty";
                    op.here
                        .fail(super::step_record::undecodable(&op, reason))
                        .await
                }
            }
        }
        let now = op.here.core.now();
        if known.is_none() {
            op.push(
                OperationUpdate::start(OperationType::Step, op.id()),
                Urgency::Lazy,
            );
        }
        let update = OperationUpdate::succeed(OperationType::Step, op.id());
        op.write(update.with_payload(now.as_millis().to_string()))
            .await;
        to_system_time(now)
    }
}
