//! What kind of operation a type is, for the lock file: the macro sees what is called and not what it returns, so the compiler compares the two.
//!
//! The compiler prints the path of a kind, so these are not in `__private`.

macro_rules! kinds {
    ($($name:ident)+) => {$(
        #[doc(hidden)]
        #[derive(Debug)]
        pub enum $name {}
    )+};
}

// Under the names that `durable-lock` has for them.
kinds! {
    Step Sleep Callback CallbackResult WaitForCallback Invoke Poll Child RetryBlock Helper Join TryJoin Race Now Restart Value Block Map Parallel
}

/// A `map` or a `parallel`, which are one type.
#[doc(hidden)]
#[derive(Debug)]
pub enum Batch {}

#[diagnostic::do_not_recommend]
impl<K> LockedAs<K> for K {}
#[diagnostic::do_not_recommend]
impl LockedAs<Map> for Batch {}
#[diagnostic::do_not_recommend]
impl LockedAs<Parallel> for Batch {}
#[diagnostic::do_not_recommend]
// A `join!` records nothing that a `try_join!` could misread.
impl LockedAs<Join> for TryJoin {}

/// An operation of this kind may stand where the lock file has one of kind `K`.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "the lock file has a `{K}` here, and this is a `{Self}` [DW103]",
    label = "a running execution has a record that this can't read",
    note = "give it an identity of its own, with `#[id(\"..\")]` on the statement or `.named(\"..\")`; then `cargo durable lock --retire ..` retires the old one"
)]
pub trait LockedAs<K> {}
