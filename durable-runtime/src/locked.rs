//! What kind of operation a type is, for the lock file: the macro sees what is called and not what it returns, so the compiler compares the two.

/// Kinds of operations, under the names that `durable-lock` has for them.
#[doc(hidden)]
pub mod kind {
    macro_rules! kinds {
        ($($name:ident)+) => {$(
            #[derive(Debug)]
            pub enum $name {}
            impl super::LockedAs<$name> for $name {}
        )+};
    }

    kinds! {
        Step Sleep Callback CallbackResult WaitForCallback Invoke Poll Child RetryBlock Helper Join TryJoin Race Now Restart Value Block Map Parallel
    }

    /// A `map` or a `parallel`, which are one type.
    #[derive(Debug)]
    pub enum Batch {}
    impl super::LockedAs<Map> for Batch {}
    impl super::LockedAs<Parallel> for Batch {}
    // A `join!` records nothing that a `try_join!` could misread.
    impl super::LockedAs<Join> for TryJoin {}
}

/// An operation of this kind may stand where the lock file has one of kind `K`.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "the lock file has another kind of operation here: `{K}`, and this is `{Self}` [DW103]",
    label = "a running execution has a record that this can't read",
    note = "give it an identity of its own, with `#[id(\"..\")]` on the statement or `.named(\"..\")`; then `cargo durable lock --accept` retires the old one"
)]
pub trait LockedAs<K> {}
