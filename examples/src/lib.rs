//! The workflows of the runnable examples, and what their programs share.
//!
//! Read [`fulfilment`] first: a plain async function with two attributes. Then [`approval`] (a callback in two phases), [`approval_timeout`] (`race!` against a sleep) and [`nightly_report`] (a
//! loop with `.keyed`, a child workflow per customer). [`shared`] is about files and terminals, not about workflows.

pub mod approval;
pub mod approval_timeout;
pub mod fulfilment;
pub mod nightly_report;
pub mod shared;
