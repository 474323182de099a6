//! Running handlers, and the histories they leave.

mod answers;
mod logs;
mod matcher;
mod notation;
mod run;

pub(crate) use answers::{Act, fails_when, succeeds_when};
pub(crate) use logs::logged;
pub(crate) use run::{fails, interrupted, started, succeeds, watched};
