//! The workflows of the runnable examples, and what their programs share.
//!
//! Read [`fulfilment`] first: a plain async function with two attributes. Then [`approval`] (a callback in two phases), [`approval_timeout`] (`race!` against a sleep) and [`nightly_report`] (a
//! loop with `.keyed`, a child workflow per customer) and [`document_archive`] (results too large for a history, with the [`codecs`] to copy). [`shared`] is about files and terminals, not about workflows.

pub mod approval;
pub mod approval_timeout;
pub mod codecs;
pub mod document_archive;
pub mod fulfilment;
pub mod nightly_report;
pub mod shared;

/// The code in `docs/guarantees.md` runs.
#[cfg(doctest)]
#[doc = include_str!("../../docs/guarantees.md")]
mod guarantees {}
