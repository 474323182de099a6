//! What travels between a workflow and the service that keeps it: the JSON of the Lambda durable execution API, as types.
//!
//! Every member has the name, the optionality and the limits of the service's own model; absent members are left out when
//! written. Reading is lenient where the service may change under us: unknown members are ignored, an unknown enum value
//! becomes that enum's `Unknown`, and a timestamp that can't be read never fails the whole document.
//!
//! Two encodings of time exist on this wire. The API speaks epoch *seconds* with a fraction, the invocation envelope epoch
//! *milliseconds*; see [`Timestamp`]. Both are read anywhere, and each type writes the one of the place it is used in.

mod api;
mod date;
mod envelope;
mod error_object;
mod lenient;
pub mod limits;
mod names;
mod operation;
mod options;
mod sub_type;
mod timestamp;
mod update;

#[cfg(feature = "lambda-lean")]
pub(crate) use self::date::Date;
pub use self::{
    api::{CheckpointRequest, CheckpointResponse, StatePage},
    envelope::{InvocationInput, InvocationOutput, InvocationStatus},
    error_object::ErrorObject,
    names::{OperationAction, OperationStatus, OperationType},
    operation::{
        CallbackDetails, ChainedInvokeDetails, ContextDetails, ExecutionDetails, Operation,
        StepDetails, WaitDetails,
    },
    options::{CallbackOptions, ChainedInvokeOptions, ContextOptions, StepOptions, WaitOptions},
    sub_type::SubType,
    timestamp::Timestamp,
    update::OperationUpdate,
};
