//! The pure execution state machine: values in, values out, no clock, no I/O, no randomness.

mod event;
mod record;

pub use self::{
    event::{
        Event, EventDetails, EventError, EventInput, EventPayload, EventReason, EventResult,
        RetryDetails,
    },
    record::{
        Commit, ExecutionRecord, ExecutionStatus, LastCheckpoint, OpenInvocation, ServiceDetails,
        StoredOperation,
    },
};
