//! [`create_callback`]: something the outside completes, with a handle now and the result later.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::callback_error::CallbackError;
use super::sent::with_line;
use super::timeouts::Timeouts;
use crate::codec::Codec;
use crate::durable::{Durable, Tuning};
use crate::host::{BackendError, BackendErrorKind};
use crate::invocation::op::{CALLBACK, Here, Op, Snapshot};
use crate::invocation::{Ending, InvocationError};
use crate::outcome::{Reader, Received, decode_json};
use crate::site::Site;
use crate::wire::{CallbackDetails, ErrorObject, OperationStatus, OperationUpdate};

/// What the outside completes a callback by. The service chooses it; to everybody else it is just text.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CallbackId(String);

impl CallbackId {
    /// As text, to be sent to whoever shall complete the callback.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<String> for CallbackId {
    fn from(id: String) -> Self {
        Self(id)
    }
}

impl AsRef<str> for CallbackId {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CallbackId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A callback that is not open yet; see [`create_callback`].
#[must_use = "a callback is opened by awaiting it in a workflow"]
pub struct CreateCallback<T> {
    tuning: Tuning,
    timeouts: Timeouts,
    codec: Option<Arc<dyn Codec>>,
    read: Reader<T>,
}

impl<T> fmt::Debug for CreateCallback<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CreateCallback")
            .field("timeouts", &self.timeouts)
            .finish_non_exhaustive()
    }
}

/// Opens a callback: awaiting this gives a [`Callback`] at once, whose id goes to whoever shall complete it, and whose
/// [`result`](Callback::result) is awaited later, in any branch. While it is awaited nothing runs and nothing is paid for.
///
/// The result is read as JSON; a callback that is completed without one reads as `null`. What does not read as `T` is
/// [`CallbackError::Undecodable`], for the workflow to handle. Without a timeout the callback stays open for as long as the execution runs.
///
/// ```
/// use durable_runtime::prelude::*;
/// use durable_runtime::CallbackId;
///
/// #[derive(serde::Deserialize)]
/// struct Approval { by: String }
///
/// #[step]
/// async fn notify_legal(id: &CallbackId) -> Result<()> {
///     println!("please answer with {id}");
///     Ok(())
/// }
///
/// #[durable_workflow]
/// async fn contract(text: String) -> Result<String> {
///     let approval = create_callback::<Approval>()
///         .timeout(Duration::from_hours(72))
///         .heartbeat_timeout(Duration::from_hours(24))
///         .named("legal")
///         .await?;
///     notify_legal(approval.id()).await?;
///     let approval = approval.result().await?;
///     Ok(format!("{text}, approved by {}", approval.by))
/// }
/// # let _ = contract;
/// ```
pub fn create_callback<T: Received>() -> CreateCallback<T> {
    CreateCallback {
        tuning: Tuning::default(),
        timeouts: Timeouts::default(),
        codec: None,
        read: decode_json,
    }
}

impl<T> CreateCallback<T> {
    tuned_builder!();

    /// How long the outside has to complete it; without this, for ever. Whole seconds: fractions are rounded up. More than zero and at
    /// most 99,999,999 s (three years), or the execution fails.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeouts.timeout = Some(timeout);
        self
    }

    /// How long the outside may be silent: each heartbeat that it sends begins the time anew. Should be shorter than the
    /// [`timeout`](Self::timeout); the same range.
    pub fn heartbeat_timeout(mut self, timeout: Duration) -> Self {
        self.timeouts.heartbeat = Some(timeout);
        self
    }

    /// Reads the result through this: its `decode` gets the text that the outside sent, byte for byte, and gives JSON. It is not asked
    /// about a callback that was completed without a result.
    pub fn codec(mut self, codec: impl Codec) -> Self {
        self.codec = Some(Arc::new(codec));
        self
    }
}

#[diagnostic::do_not_recommend]
impl<T> Durable for CreateCallback<T> {
    type Output = Result<Callback<T>, CallbackError>;
    type __Kind = crate::locked::Callback;

    async fn __operation(self, site: &'static Site, tuning: Tuning) -> Self::Output {
        let tuning = tuning.or(self.tuning);
        let (op, known) = Op::reach(site, &tuning, &CALLBACK, Some(site.key)).await;
        Ok(open(op, known, &self.timeouts, self.codec, self.read).await)
    }
}

/// Starts the callback if that isn't recorded yet, and gives its handle, whatever has become of it since.
pub(super) async fn open<T>(
    op: Op,
    known: Option<Snapshot>,
    timeouts: &Timeouts,
    codec: Option<Arc<dyn Codec>>,
    read: Reader<T>,
) -> Callback<T> {
    if known.is_none() {
        let (timeout, heartbeat) = match timeouts.seconds(&op) {
            Ok(seconds) => seconds,
            Err(error) => op.here.fail(error).await,
        };
        let start = OperationUpdate::start_callback(op.id());
        op.write(start.with_callback_timeouts(timeout, heartbeat))
            .await;
    }
    let id = op
        .with_record(|operation| operation.callback_details.as_ref()?.callback_id.clone())
        .flatten();
    let Some(id) = id else {
        let message = format!(
            "the service recorded {} and gave it no callback id",
            op.describe()
        );
        let error = BackendError::new(BackendErrorKind::Unavailable, message);
        op.here
            .end(Ending::Errored(InvocationError::Backend(error)))
            .await
    };
    Callback {
        id: CallbackId(id),
        op: Arc::new(op),
        codec,
        read,
    }
}

/// An open callback: its id, and its result once the outside has completed it. Made by [`create_callback`].
///
/// The result may be awaited in any branch or child of the workflow, in several of them, and again.
pub struct Callback<T> {
    id: CallbackId,
    op: Arc<Op>,
    codec: Option<Arc<dyn Codec>>,
    read: Reader<T>,
}

impl<T> Clone for Callback<T> {
    fn clone(&self) -> Self {
        Self {
            id: self.id.clone(),
            op: Arc::clone(&self.op),
            codec: self.codec.clone(),
            read: self.read,
        }
    }
}

impl<T> fmt::Debug for Callback<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Callback").field(&self.id).finish()
    }
}

impl<T> Callback<T> {
    /// What the outside completes it by.
    #[must_use]
    pub fn id(&self) -> &CallbackId {
        &self.id
    }

    /// The result, to be awaited: of type `Result<T, CallbackError>`. Waits until the outside has completed the callback or one of its
    /// timeouts has passed.
    pub fn result(&self) -> CallbackResult<T> {
        CallbackResult(self.clone())
    }
}

/// The result of a callback, awaited in a workflow; see [`Callback::result`].
#[must_use = "a callback's result does nothing unless a workflow awaits it"]
#[derive(Debug)]
pub struct CallbackResult<T>(Callback<T>);

#[diagnostic::do_not_recommend]
impl<T> Durable for CallbackResult<T> {
    type Output = Result<T, CallbackError>;
    type __Kind = crate::locked::CallbackResult;

    async fn __operation(self, site: &'static Site, _: Tuning) -> Self::Output {
        let here = Here::get(site);
        let Self(mut callback) = self;
        if !Arc::ptr_eq(&here.core, &callback.op.here.core) {
            here.fail(foreign(&callback.op)).await;
        }
        if here.scope != callback.op.here.scope {
            // It is awaited here: where it was opened may be over.
            let mut op = Op::clone(&callback.op);
            op.here = here;
            callback.op = Arc::new(op);
        }
        callback.settled().await
    }
}

impl<T> Callback<T> {
    /// Waits for the outside. No operation of its own: what is recorded is the callback.
    pub(super) async fn settled(&self) -> Result<T, CallbackError> {
        let op = &*self.op;
        let mut known = op.snapshot();
        loop {
            let status = known
                .as_ref()
                .map_or(OperationStatus::Started, |known| known.status);
            if status.is_terminal() {
                let details = op
                    .with_record(|operation| operation.callback_details.clone())
                    .flatten();
                return self.ended(status, *details.unwrap_or_default()).await;
            }
            known = op.parked(status, None).await;
        }
    }

    async fn ended(
        &self,
        status: OperationStatus,
        details: CallbackDetails,
    ) -> Result<T, CallbackError> {
        match status {
            OperationStatus::Succeeded => self.decode(details.result).await.map_err(|reason| {
                self.op.note_unread(&reason);
                CallbackError::undecodable(&self.op.kind_and_key(), &reason)
            }),
            OperationStatus::TimedOut => Err(CallbackError::timed_out(details.error.as_ref())),
            status => {
                let error = details.error.unwrap_or_else(|| {
                    ErrorObject::new(
                        format!(
                            "Callback.{}",
                            if status == OperationStatus::Failed {
                                "Failed"
                            } else {
                                "Closed"
                            }
                        ),
                        format!(
                            "the callback was closed ({status}), and nothing was said about why"
                        ),
                    )
                });
                let line = format!("in {}", self.op.kind_and_key());
                Err(CallbackError::Failed(with_line(error, line)))
            }
        }
    }

    async fn decode(&self, sent: Option<String>) -> Result<T, String> {
        let Some(sent) = sent else {
            return (self.read)("null").map_err(|reason| {
                format!("it was completed without a result, which reads as `null`: {reason}")
            });
        };
        let json = self.op.decode_payload(self.codec.as_deref(), &sent).await?;
        (self.read)(&json)
    }
}

fn foreign(op: &Op) -> ErrorObject {
    ErrorObject::new(
        "ForeignCallback",
        format!(
            "the handle of {} was carried out of its execution and is awaited in another, which nobody would wake; send the result on with the workflow's own value",
            op.describe()
        ),
    )
}
