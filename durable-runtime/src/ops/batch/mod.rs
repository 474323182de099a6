//! `map` and `parallel`: the same or different blocks side by side, each in a context of its own.
//!
//! ```text
//! build ──> run ──> floor ──> lanes    polls the items that were woken
//!            │        └──────> policy   is the batch complete, and why
//!            ├────> item                one item: context, body, record
//!            └────> record, replayed    the payload of the batch's CONTEXT, and what it stands for
//! ```

mod build;
mod floor;
mod item;
mod kind;
mod lanes;
mod list;
mod map;
mod parallel;
mod policy;
mod record;
mod replayed;
mod result;
mod run;

pub use build::{Batch, FailFast, InlineBatch, Never, Settled, Until};
pub use kind::{Fallible, ItemKind, ItemOutcome, ItemProbe, Plain, PlainItems};
pub use map::{map, map_indexed};
pub use parallel::{ParallelBranch, branch, parallel};
pub use policy::{CompletionReason, Progress};
pub use result::{BatchItem, BatchResult, BatchStatus, ItemStatus};
