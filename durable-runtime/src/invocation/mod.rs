//! One invocation: the workflow future, the journal and its writer, and the decision when to answer.

mod core;
mod driver;
mod finish;
mod inbox;
mod journal;
pub(crate) mod op;
mod rest;
mod waiting;
mod writer;

pub(crate) use self::core::{Core, Ending};
pub use driver::{Invocation, InvocationError, InvocationOptions, Outcome};
pub use inbox::Inbox;
pub(crate) use journal::Urgency;
