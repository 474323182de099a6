//! What the programs share: running one execution while a person watches, and saying what went wrong.

mod command_line;
mod difference;
mod failure;
mod input;
mod ledger;
mod progress;
mod session;
mod terminal;

pub use command_line::{again, seconds};
pub use difference::difference;
pub use failure::Failure;
pub use input::{check_id, read_json};
pub use ledger::Ledger;
pub use session::Session;
pub use terminal::Terminal;
