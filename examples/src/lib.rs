//! The workflows of the runnable examples, and what their programs share.
//!
//! Read [`fulfilment`] first: a plain async function with two attributes. [`shared`] is about files and terminals, not about workflows.

pub mod fulfilment;
pub mod shared;
