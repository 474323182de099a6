//! Whether a batch's items can fail: asked by structure, where the macro knows the concrete type.

use std::convert::Infallible;
use std::marker::PhantomData;

use crate::outcome::{Outcome, Payload, RecordedError, fallible, plain};

/// What the items of a batch return, and what that makes of the batch.
#[doc(hidden)]
pub trait ItemKind: Send {
    /// What an item's body returns.
    type Out: Send;
    /// A value of an item that succeeded.
    type Value: Send;
    /// Of an item that failed.
    type Error: Send;
    /// What a batch returns that ends at the first failure.
    type Collected: Send;

    /// Tells a value from an error.
    fn split(out: Self::Out) -> Result<Self::Value, Self::Error>;
    /// What the batch returns.
    fn collected(values: Result<Vec<Self::Value>, Self::Error>) -> Self::Collected;
}

/// The items return a `Result`.
#[doc(hidden)]
#[derive(Debug)]
pub struct Fallible<T, E>(PhantomData<fn() -> (T, E)>);

/// The items return anything else.
#[doc(hidden)]
#[derive(Debug)]
pub struct Plain<T>(PhantomData<fn() -> T>);

impl<T: Send, E: Send> ItemKind for Fallible<T, E> {
    type Out = Result<T, E>;
    type Value = T;
    type Error = E;
    type Collected = Result<Vec<T>, E>;

    fn split(out: Result<T, E>) -> Result<T, E> {
        out
    }
    fn collected(values: Result<Vec<T>, E>) -> Result<Vec<T>, E> {
        values
    }
}

impl<T: Send> ItemKind for Plain<T> {
    type Out = T;
    type Value = T;
    type Error = Infallible;
    type Collected = Vec<T>;

    fn split(out: T) -> Result<T, Infallible> {
        Ok(out)
    }
    fn collected(values: Result<Vec<T>, Infallible>) -> Vec<T> {
        let Ok(values) = values;
        values
    }
}

/// How the items' results are recorded.
#[doc(hidden)]
#[derive(Debug)]
pub struct ItemOutcome<K: ItemKind>(pub(super) Outcome<K::Out>);

/// Asks by structure whether the items can fail.
#[doc(hidden)]
#[derive(Debug)]
pub struct ItemProbe<T>(PhantomData<fn() -> T>);

impl<T> ItemProbe<T> {
    #[doc(hidden)]
    #[must_use]
    pub const fn of(_: PhantomData<T>) -> Self {
        Self(PhantomData)
    }
}

impl<T, E> ItemProbe<Result<T, E>> {
    #[doc(hidden)]
    #[must_use]
    pub fn items(self) -> ItemOutcome<Fallible<T, E>>
    where
        T: Payload,
        E: RecordedError,
    {
        ItemOutcome(fallible())
    }
}

/// The fallback of [`ItemProbe`].
#[doc(hidden)]
pub trait PlainItems<T> {
    #[doc(hidden)]
    fn items(self) -> ItemOutcome<Plain<T>>
    where
        T: Payload;
}

impl<T> PlainItems<T> for ItemProbe<T> {
    fn items(self) -> ItemOutcome<Plain<T>>
    where
        T: Payload,
    {
        ItemOutcome(plain())
    }
}

/// Looks at the result type of a batch's items, where it is known; see [`__resolve`](crate::__resolve).
#[doc(hidden)]
#[macro_export]
macro_rules! __resolve_batch {
    ($call:expr) => {
        match $call {
            call => {
                #[allow(
                    unused_imports,
                    reason = "which trait a probe falls back to depends on the type"
                )]
                use $crate::__private::{NotInline as _, PlainItems as _};
                let items = $crate::__private::ItemProbe::of(call.__output()).items();
                call.__resolve(items)
            }
        }
    };
}
