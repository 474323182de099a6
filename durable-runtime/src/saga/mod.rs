//! Sagas: steps say how they are undone, and a workflow that fails undoes what it did.
//!
//! A step's compensation is registered when the code comes to the step, and counts once the history has the step's success; so a resident copy, a replay
//! and a crash in between agree about what there is to undo. What is undone is read from the step's record.
//!
//! The order must be the same on every replay, where records answer at once and branches don't finish in the order in which they did. So it follows
//! from where the code stood and not from when something finished: [`Lineage`] counts, in each scope, the scopes and compensations that came before.

mod failure;
mod lineage;
mod registered;
mod run;

pub use failure::CompensationFailure;
pub(crate) use lineage::{Decoding, Lineage};
pub(crate) use registered::{Sagas, Undo, UndoFuture};
pub(crate) use run::conclude;

use crate::outcome::RecordedError;
use crate::wire::ErrorObject;

/// What awaiting a compensation may give: nothing, or a `Result`.
#[diagnostic::on_unimplemented(
    message = "a compensation gives `()` or a `Result`, and this one gives `{Self}`",
    label = "whether it worked can't be told from this",
    note = "return a call of a `#[step]` or an `async move {{ .. }}` block whose result is one of the two"
)]
pub trait Undone: Send {
    /// Whether it worked.
    #[doc(hidden)]
    fn __undone(self) -> Result<(), ErrorObject>;
}

impl Undone for () {
    fn __undone(self) -> Result<(), ErrorObject> {
        Ok(())
    }
}

#[diagnostic::do_not_recommend]
impl<T: Send, E: RecordedError> Undone for Result<T, E> {
    fn __undone(self) -> Result<(), ErrorObject> {
        self.map(drop).map_err(|error| error.to_object())
    }
}
