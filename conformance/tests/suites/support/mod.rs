//! Running handlers, and the histories they leave.

mod logs;
mod matcher;
mod notation;
mod run;

pub(crate) use logs::logged;
pub(crate) use run::{fails, interrupted, started, succeeds};
