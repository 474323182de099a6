//! [`Caught`]: a store whose panics are errors.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use durable_runtime::wire::Timestamp;
use futures_util::FutureExt as _;

use super::{
    Created, EventRange, ExecutionSummary, ListFilter, Loaded, OpenExecution, Store, StoreError,
    StoreFuture,
};
use crate::core::{Commit, Event, ExecutionRecord, StoredOperation};

/// Turns panics of the store in it into [`StoreError::Panicked`]. Whoever called it would be gone otherwise, and what it was about with it.
pub(crate) struct Caught(Arc<dyn Store>);

impl Caught {
    pub(crate) fn wrap(store: Arc<dyn Store>) -> Arc<dyn Store> {
        Arc::new(Self(store))
    }
}

fn caught<T: Send + 'static>(call: impl FnOnce() -> StoreFuture<T>) -> StoreFuture<T> {
    match catch_unwind(AssertUnwindSafe(call)) {
        Ok(answer) => Box::pin(async move {
            let answer = AssertUnwindSafe(answer).catch_unwind().await;
            answer.unwrap_or_else(|panic| Err(panicked(&*panic)))
        }),
        Err(panic) => Box::pin(std::future::ready(Err(panicked(&*panic)))),
    }
}

fn panicked(panic: &(dyn Any + Send)) -> StoreError {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
    StoreError::Panicked {
        message: text.unwrap_or_else(|| "a value that is no text".to_owned()),
    }
}

impl Store for Caught {
    fn create(&self, commit: Commit) -> StoreFuture<Created> {
        caught(|| self.0.create(commit))
    }

    fn commit(&self, commit: Commit) -> StoreFuture<()> {
        caught(|| self.0.commit(commit))
    }

    fn delete(&self, arn: &str) -> StoreFuture<bool> {
        caught(|| self.0.delete(arn))
    }

    fn sweep(&self, now: Timestamp) -> StoreFuture<Option<Timestamp>> {
        caught(|| self.0.sweep(now))
    }

    fn load(&self, arn: &str) -> StoreFuture<Option<Loaded>> {
        caught(|| self.0.load(arn))
    }

    fn find(&self, workflow: &str, name: &str) -> StoreFuture<Option<ExecutionRecord>> {
        caught(|| self.0.find(workflow, name))
    }

    fn open(&self) -> StoreFuture<Vec<OpenExecution>> {
        caught(|| self.0.open())
    }

    fn record(&self, arn: &str) -> StoreFuture<Option<ExecutionRecord>> {
        caught(|| self.0.record(arn))
    }

    fn operations(&self, arn: &str) -> StoreFuture<Vec<StoredOperation>> {
        caught(|| self.0.operations(arn))
    }

    fn history(&self, arn: &str) -> StoreFuture<Vec<Event>> {
        caught(|| self.0.history(arn))
    }

    fn events(&self, arn: &str, range: EventRange) -> StoreFuture<Vec<Event>> {
        caught(|| self.0.events(arn, range))
    }

    fn list(&self, filter: ListFilter) -> StoreFuture<Vec<ExecutionSummary>> {
        caught(|| self.0.list(filter))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_is_an_error_whether_the_call_or_its_future_panics() {
        let at_once = caught::<()>(|| panic!("at {}", "once"));
        let later = caught::<()>(|| Box::pin(async { panic!("later") }));
        let without_text = caught::<()>(|| std::panic::panic_any(7));
        for (answer, said) in [
            (at_once, "at once"),
            (later, "later"),
            (without_text, "a value that is no text"),
        ] {
            let error = answer.await.unwrap_err();
            assert!(
                matches!(&error, StoreError::Panicked { message } if message == said),
                "{error}"
            );
        }
        let fine = caught(|| Box::pin(std::future::ready(Ok(1))));
        assert_eq!(fine.await.unwrap(), 1);
    }
}
