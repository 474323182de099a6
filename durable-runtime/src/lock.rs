//! [`Mutex`]: std's, which stays open after a panic.

use std::sync::{self, MutexGuard, PoisonError, TryLockError};

/// std's mutex, taken also when it is poisoned.
///
/// A panic under a lock is that of the user's code (a `Clone`, a `Drop`, a `tracing` subscriber), and what becomes of it is decided elsewhere: a failed attempt
/// of a step, or an invocation that breaks off. Poison would add nothing but a panic of everybody who comes after, such as the drops of the futures beside it.
#[derive(Debug, Default)]
pub(crate) struct Mutex<T: ?Sized>(sync::Mutex<T>);

impl<T> Mutex<T> {
    pub(crate) const fn new(value: T) -> Self {
        Self(sync::Mutex::new(value))
    }
}

impl<T: ?Sized> Mutex<T> {
    /// Waits for the lock.
    pub(crate) fn lock(&self) -> MutexGuard<'_, T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The value itself, which nobody else can reach.
    pub(crate) fn get_mut(&mut self) -> &mut T {
        self.0.get_mut().unwrap_or_else(PoisonError::into_inner)
    }

    /// `None` while anybody has it, this thread included.
    pub(crate) fn try_lock(&self) -> Option<MutexGuard<'_, T>> {
        match self.0.try_lock() {
            Ok(guard) => Some(guard),
            Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use super::*;

    #[test]
    fn a_panic_under_the_lock_closes_it_for_nobody() {
        let number = Mutex::new(1);
        let panicked = catch_unwind(AssertUnwindSafe(|| {
            let _guard = number.lock();
            panic!("while it has the lock");
        }));
        assert!(panicked.is_err());
        *number.lock() += 1;
        assert_eq!(number.try_lock().as_deref(), Some(&2));
    }

    #[test]
    fn a_lock_that_is_taken_is_not_waited_for() {
        let number = Mutex::new(1);
        let guard = number.lock();
        assert!(number.try_lock().is_none());
        drop(guard);
        assert!(number.try_lock().is_some());
    }
}
