//! What generated code uses where it has a warning to give: a macro can't warn, and the compiler does where something deprecated is used.
//!
//! The compiler prints the path of the item in front of its note, so these are not in `__private`.

/// Used where a loop of a workflow has operations in it and no end.
#[doc(hidden)]
#[deprecated(
    note = "this loop has no end, so the history of the execution grows for ever [DW018]: give it a bound, or start afresh with `restart(input)`"
)]
pub const fn endless_loop() {}
