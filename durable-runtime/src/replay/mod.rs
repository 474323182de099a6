//! Replay, as values: what was recorded, where the code stands, and whether the two fit. No clock, no I/O.

mod divergence;
mod history;
mod item;
mod open;
mod scope;

pub(crate) use divergence::{Divergence, check_new, check_passed_over, check_return, gone_items};
pub(crate) use history::History;
pub(crate) use item::ItemKey;
pub(crate) use scope::{Place, ROOT, ScopeIndex, Scopes};

#[cfg(test)]
mod tests;
