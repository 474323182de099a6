//! [`invoke`]: calls another function and waits for what it returns.

use std::fmt;

use serde::Serialize;

use super::invoke_error::InvokeError;
use super::sent::with_line;
use crate::codec::Codec;
use crate::durable::{Durable, Tuning};
use crate::invocation::op::{CHAINED_INVOKE, Op};
use crate::outcome::{Reader, Received, decode_json, encode_json};
use crate::site::Site;
use crate::wire::{ChainedInvokeDetails, ErrorObject, OperationStatus, OperationUpdate, limits};

/// A call of another function, not made yet; see [`invoke`].
#[must_use = "a function is invoked by awaiting this in a workflow"]
pub struct Invoke<Out, I> {
    function: String,
    input: I,
    tenant: Option<String>,
    trace_header: Option<String>,
    codec: Option<Box<dyn Codec>>,
    input_codec: Option<Box<dyn Codec>>,
    tuning: Tuning,
    read: Reader<Out>,
}

impl<Out, I> fmt::Debug for Invoke<Out, I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Invoke")
            .field("function", &self.function)
            .finish_non_exhaustive()
    }
}

/// Invokes another function with `input` and waits for what it returns. While it waits nothing runs here and nothing is paid for.
///
/// `function` is a name, a name with a qualifier (`invoices:prod`), or an ARN; at most 256 bytes. Lambda wants the qualifier of a durable function: a
/// version, an alias or `$LATEST`. The input is sent as JSON, at most 1 MiB of it. What the function returns is read as JSON, `null` if it returned nothing;
/// what does not read as `Out` is [`InvokeError::Undecodable`], for the workflow to handle. An input that can't be sent fails the execution.
///
/// ```
/// use durable_runtime::prelude::*;
///
/// #[derive(serde::Deserialize)]
/// struct Invoice { number: u64 }
///
/// #[durable_workflow]
/// async fn bill(order: String) -> Result<u64> {
///     let invoice: Invoice = invoke("invoices:prod", &order).await?;
///     let receipt = invoke::<String>("mailer:$LATEST", &invoice.number).named("mail").await?;
///     Ok(invoice.number + receipt.len() as u64)
/// }
/// # let _ = bill;
/// ```
pub fn invoke<Out: Received>(
    function: impl Into<String>,
    input: &(impl Serialize + Sync + ?Sized),
) -> Invoke<Out, impl FnOnce() -> Result<String, String> + Send> {
    Invoke {
        function: function.into(),
        // Written only where it is sent: a replay has no use for it.
        input: move || encode_json(input),
        tenant: None,
        trace_header: None,
        codec: None,
        input_codec: None,
        tuning: Tuning::default(),
        read: decode_json,
    }
}

impl<Out, I> Invoke<Out, I> {
    tuned_builder!();

    /// The tenant to invoke the function for, where it isolates tenants: 1 to 256 bytes.
    pub fn tenant(mut self, id: impl Into<String>) -> Self {
        self.tenant = Some(id.into());
        self
    }

    /// The X-Ray trace header that the function gets instead of this workflow's: 1 to 8,192 bytes.
    pub fn trace_header(mut self, header: impl Into<String>) -> Self {
        self.trace_header = Some(header.into());
        self
    }

    /// Reads the result through this: its `decode` gets the text that the function returned and gives JSON. It is not asked about a function that
    /// returned nothing.
    pub fn codec(mut self, codec: impl Codec) -> Self {
        self.codec = Some(Box::new(codec));
        self
    }

    /// Writes the input through this: its `encode` gets JSON and gives the text that the function gets.
    pub fn input_codec(mut self, codec: impl Codec) -> Self {
        self.input_codec = Some(Box::new(codec));
        self
    }
}

#[diagnostic::do_not_recommend]
impl<Out, I> Durable for Invoke<Out, I>
where
    I: FnOnce() -> Result<String, String> + Send,
{
    type Output = Result<Out, InvokeError>;
    type __Kind = crate::locked::Invoke;

    async fn __operation(self, site: &'static Site, tuning: Tuning) -> Self::Output {
        let Self {
            function,
            input,
            tenant,
            trace_header,
            codec,
            input_codec,
            tuning: own,
            read,
        } = self;
        let tuning = tuning.or(own);
        let (op, mut known) = Op::reach(site, &tuning, &CHAINED_INVOKE, Some(site.key)).await;
        if known.is_none() {
            let payload = match input() {
                Ok(json) => op.encode_payload(input_codec.as_deref(), json).await,
                Err(reason) => Err(reason),
            };
            let start = payload
                .map_err(|reason| format!("its input can't be sent: {reason}"))
                .and_then(|payload| start(&op, function, tenant, trace_header, payload));
            match start {
                Ok(start) => op.write(start).await,
                Err(reason) => op.here.fail(refused(&op, &reason)).await,
            }
            known = op.snapshot();
        }
        loop {
            let status = known
                .as_ref()
                .map_or(OperationStatus::Started, |known| known.status);
            if status.is_terminal() {
                return settled(&op, status, codec.as_deref(), read).await;
            }
            known = op.parked(status, None).await;
        }
    }
}

/// The START, within the service's limits.
fn start(
    op: &Op,
    function: String,
    tenant: Option<String>,
    trace_header: Option<String>,
    payload: String,
) -> Result<OperationUpdate, String> {
    check(
        "the function's name",
        Some(&function),
        limits::FUNCTION_NAME_MAX,
    )?;
    check("the tenant's id", tenant.as_deref(), limits::TENANT_ID_MAX)?;
    check(
        "the trace header",
        trace_header.as_deref(),
        limits::TRACE_ID_MAX,
    )?;
    if payload.len() > limits::OPERATION_PAYLOAD_MAX {
        return Err(format!(
            "its input has {} bytes, and the service takes {}; send a reference to it, or give the call an `input_codec` that compresses it or stores it elsewhere",
            payload.len(),
            limits::OPERATION_PAYLOAD_MAX
        ));
    }
    let mut update = OperationUpdate::start_chained_invoke(op.id(), function).with_payload(payload);
    if let Some(options) = &mut update.chained_invoke_options {
        options.tenant_id = tenant;
        options.x_amzn_trace_id = trace_header;
    }
    Ok(update)
}

fn check(what: &str, text: Option<&str>, limit: usize) -> Result<(), String> {
    match text {
        Some(text) if text.is_empty() || text.len() > limit => Err(format!(
            "{what} has {} bytes, and the service takes 1 to {limit}",
            text.len()
        )),
        _ => Ok(()),
    }
}

fn refused(op: &Op, reason: &str) -> ErrorObject {
    ErrorObject::new(
        "InvokeRefused",
        format!("{} can't be made: {reason}", op.describe()),
    )
}

/// How the function ended, as the workflow sees it.
async fn settled<Out>(
    op: &Op,
    status: OperationStatus,
    codec: Option<&dyn Codec>,
    read: Reader<Out>,
) -> Result<Out, InvokeError> {
    let details: Option<Box<ChainedInvokeDetails>> = op
        .with_record(|operation| operation.chained_invoke_details.clone())
        .flatten();
    let details = details.unwrap_or_default();
    if status == OperationStatus::Succeeded {
        return decode(op, details.result, codec, read)
            .await
            .map_err(|reason| {
                op.note_unread(&reason);
                InvokeError::undecodable(&op.kind_and_key(), &reason)
            });
    }
    let error = details.error.unwrap_or_else(|| {
        ErrorObject::new(
            format!(
                "Invoke.{}",
                if status == OperationStatus::TimedOut {
                    "TimedOut"
                } else {
                    "Failed"
                }
            ),
            format!("the invoked function ended ({status}), and nothing was said about why"),
        )
    });
    let error = with_line(error, format!("in {}", op.kind_and_key()));
    Err(match status {
        OperationStatus::TimedOut => InvokeError::TimedOut(error),
        OperationStatus::Stopped | OperationStatus::Cancelled => InvokeError::Stopped(error),
        _ => InvokeError::Failed(error),
    })
}

async fn decode<Out>(
    op: &Op,
    returned: Option<String>,
    codec: Option<&dyn Codec>,
    read: Reader<Out>,
) -> Result<Out, String> {
    let Some(returned) = returned else {
        return read("null")
            .map_err(|reason| format!("it returned nothing, which reads as `null`: {reason}"));
    };
    let json = op.decode_payload(codec, &returned).await?;
    read(&json)
}
