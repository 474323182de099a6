//! Replays recorded histories against the code as it is now, for tests and for `cargo durable replay`.
//!
//! Nothing runs: a history is what the service's `GetDurableExecutionHistory` gives, and the workflow is taken through it as far as it goes.

mod events;
mod history;
mod replayer;
pub(crate) mod test_run;

pub use history::{HistoryError, RecordedHistory};
pub use replayer::{Replayer, Verdict};
