//! Replay, as values: what was recorded, where the code stands, and whether the two fit. No clock, no I/O.

mod divergence;
mod history;
mod scope;

pub(crate) use divergence::{Divergence, check_new, check_return};
pub(crate) use history::History;
pub(crate) use scope::{Place, ROOT, ScopeIndex, Scopes};
