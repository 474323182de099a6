//! One invocation: the workflow future, the journal and its writer, and the decision when to answer.

mod answer;
mod attempt;
mod core;
mod driver;
mod end;
mod finish;
mod here;
mod hooks;
mod inbox;
mod journal;
mod kind;
mod observe;
pub(crate) mod op;
mod part;
mod rest;
mod snapshot;
mod spans;
#[cfg(test)]
mod testing;
mod waiting;
mod writer;

pub(crate) use self::attempt::Attempt;
pub(crate) use self::core::{Core, Ending, State};
pub use driver::{Invocation, InvocationOptions};
pub use end::{InvocationError, Outcome};
pub use inbox::Inbox;
pub(crate) use journal::Urgency;
