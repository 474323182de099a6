//! What generated code uses where it has a warning to give: a macro can't warn, and the compiler does where something deprecated is used.
//!
//! The compiler prints the path of the item in front of its note, so these are not in `__private`.

use std::collections::{HashMap, HashSet, hash_map, hash_set};
use std::iter;
use std::marker::PhantomData;
use std::ops::Deref;
use std::rc::Rc;
use std::sync::{Arc, LazyLock};

use tokio::sync::{Mutex, RwLock, Semaphore};

/// Used where a loop of a workflow has operations in it and no end.
#[doc(hidden)]
#[deprecated(
    note = "this loop has no end, so the history of the execution grows for ever [DW018]: give it a bound, or start afresh with `restart(input)`"
)]
pub const fn endless_loop() {}

/// Used where a result has an `Option` in an `Option`.
#[doc(hidden)]
#[deprecated(
    note = "`Some(None)` is written to the history as `null`, which is read back as `None` [DW022]: use an enum with a name for each case"
)]
pub const fn nested_option() {}

/// Used where a result has an `Option<()>`.
#[doc(hidden)]
#[deprecated(
    note = "`Some(())` is written to the history as `null`, which is read back as `None` [DW022]: use a `bool`"
)]
pub const fn optional_unit() {}

/// Used where a result has a map whose keys are more than one value.
#[doc(hidden)]
#[deprecated(
    note = "the keys of a map are strings in JSON, so a map with an entry of this key can't be written to the history [DW022]: use a list of pairs `Vec<(K, V)>`, or a key that is a string, a number or a newtype of one"
)]
pub const fn map_key() {}

/// Used where a result has a map with optional keys.
#[doc(hidden)]
#[deprecated(
    note = "the keys of a map are strings in JSON, so a map with the key `None` can't be written to the history [DW022]: use a list of pairs `Vec<(Option<K>, V)>`, or keep what has no key beside the map"
)]
pub const fn optional_map_key() {}

/// Used where a workflow keeps a file or a temporary directory across an operation.
#[doc(hidden)]
#[deprecated(
    note = "a suspended workflow drops this, which closes the file or deletes what is temporary, and its replay makes another [DW024]: let it go before the `.await` with `drop(..)` or the end of a block, or use it in a step"
)]
pub const fn open_file() {}

/// What a loop, or [`map`](crate::map), goes through.
#[doc(hidden)]
#[derive(Debug)]
pub struct Items<T>(PhantomData<fn() -> T>, AnyOrder);

/// Where [`Items`] leads when nothing is known against its order.
#[doc(hidden)]
#[derive(Debug)]
pub struct AnyOrder;

/// Gives `items` back. `probe` is where the compiler warns; it is never called.
#[doc(hidden)]
pub fn iterated<T>(items: T, probe: impl FnOnce(&Items<T>)) -> T {
    let _ = probe;
    items
}

impl<T: Unordered> Items<T> {
    #[doc(hidden)]
    #[deprecated(
        note = "a hash map or set gives its entries in another order on every replay [DW006]: use a `BTreeMap` or `BTreeSet`, or collect the entries and sort them first"
    )]
    pub fn order(&self) {}
}

impl AnyOrder {
    #[doc(hidden)]
    pub fn order(&self) {}
}

// A method that `Items` lacks is looked for here.
impl<T> Deref for Items<T> {
    type Target = AnyOrder;

    fn deref(&self) -> &AnyOrder {
        &self.1
    }
}

/// What is iterated in an order that differs between two processes.
#[doc(hidden)]
pub trait Unordered {}

macro_rules! unordered {
    ($([$($generics:tt)*] $ty:ty $(where $inner:ident)?;)*) => {$(
        impl<$($generics)*> Unordered for $ty $(where $inner: Unordered)? {}
    )*};
}

unordered! {
    [K, V, S] HashMap<K, V, S>;
    [T, S] HashSet<T, S>;
    [K, V] hash_map::Iter<'_, K, V>;
    [K, V] hash_map::IterMut<'_, K, V>;
    [K, V] hash_map::IntoIter<K, V>;
    [K, V] hash_map::Keys<'_, K, V>;
    [K, V] hash_map::IntoKeys<K, V>;
    [K, V] hash_map::Values<'_, K, V>;
    [K, V] hash_map::ValuesMut<'_, K, V>;
    [K, V] hash_map::IntoValues<K, V>;
    [K, V] hash_map::Drain<'_, K, V>;
    [T] hash_set::Iter<'_, T>;
    [T] hash_set::IntoIter<T>;
    [T] hash_set::Drain<'_, T>;
    [T, S] hash_set::Union<'_, T, S>;
    [T, S] hash_set::Intersection<'_, T, S>;
    [T, S] hash_set::Difference<'_, T, S>;
    [T, S] hash_set::SymmetricDifference<'_, T, S>;
    [T: ?Sized] &T where T;
    [T: ?Sized] &mut T where T;
    [T: ?Sized] Box<T> where T;
    [I] iter::Cloned<I> where I;
    [I] iter::Copied<I> where I;
    [I] iter::Enumerate<I> where I;
    [I] iter::Fuse<I> where I;
    [I] iter::Skip<I> where I;
    [I] iter::StepBy<I> where I;
    [I] iter::Take<I> where I;
    [I: Iterator] iter::Peekable<I> where I;
    [I, F] iter::Filter<I, F> where I;
    [I, F] iter::FilterMap<I, F> where I;
    [I, F] iter::Inspect<I, F> where I;
    [I, F] iter::Map<I, F> where I;
    [I, P] iter::MapWhile<I, P> where I;
    [I, P] iter::SkipWhile<I, P> where I;
    [I, P] iter::TakeWhile<I, P> where I;
    [I, U: IntoIterator, F] iter::FlatMap<I, U, F> where I;
    [A, B] iter::Chain<A, B> where A;
    [A, B] iter::Zip<A, B> where A;
}

/// What a guard may be of.
#[doc(hidden)]
#[derive(Debug)]
pub struct Lock<L: ?Sized>(PhantomData<fn(&L)>, NoLock);

/// Where [`Lock`] leads when it is no lock.
#[doc(hidden)]
#[derive(Debug)]
pub struct NoLock;

/// Looks at `lock`. `probe` is where the compiler warns; it is never called.
#[doc(hidden)]
pub fn locked<L: ?Sized>(lock: &L, probe: impl FnOnce(&Lock<L>)) {
    let _ = (lock, probe);
}

impl<L: Locking + ?Sized> Lock<L> {
    #[doc(hidden)]
    #[deprecated(
        note = "a suspended workflow drops this guard, and its replay takes another [DW024]: let it go before the `.await`, with `drop(..)` or the end of a block"
    )]
    pub fn guard(&self) {}
}

impl NoLock {
    #[doc(hidden)]
    pub fn guard(&self) {}
}

// A method that `Lock` lacks is looked for here.
impl<L: ?Sized> Deref for Lock<L> {
    type Target = NoLock;

    fn deref(&self) -> &NoLock {
        &self.1
    }
}

/// What gives guards that can be held across an `.await`.
#[doc(hidden)]
pub trait Locking {}

impl<T: ?Sized> Locking for Mutex<T> {}
impl<T: ?Sized> Locking for RwLock<T> {}
impl Locking for Semaphore {}
impl<L: Locking + ?Sized> Locking for &L {}
impl<L: Locking + ?Sized> Locking for &mut L {}
impl<L: Locking + ?Sized> Locking for Box<L> {}
impl<L: Locking + ?Sized> Locking for Rc<L> {}
impl<L: Locking + ?Sized> Locking for Arc<L> {}
impl<L: Locking, F> Locking for LazyLock<L, F> {}
