//! One invocation: the workflow future, the journal and its writer, and the decision when to answer.

mod core;
mod driver;
mod finish;
mod journal;
pub(crate) mod op;
mod rest;
mod waiting;
mod writer;

pub(crate) use self::core::{Core, Ending};
pub use driver::{Inbox, Invocation, InvocationError, InvocationOptions, Outcome};
pub(crate) use journal::Urgency;
