//! [`Plugins`]: the list, and calling it so that none can do harm.

use std::fmt;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;

use super::Plugin;
use crate::current::{Current, enter};
use crate::fault::panic_message;

/// Plugins, in the order they are called in.
#[derive(Clone, Default)]
pub struct Plugins(Vec<Arc<dyn Plugin>>);

impl Plugins {
    /// None.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one, after the others.
    #[must_use]
    pub fn with(mut self, plugin: impl Plugin) -> Self {
        self.0.push(Arc::new(plugin));
        self
    }

    /// Adds all of another list, after the others.
    #[must_use]
    pub fn and(mut self, others: &Self) -> Self {
        self.0.extend(others.0.iter().cloned());
        self
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Calls a hook of each. They run outside of any workflow, and a panic ends nothing but the hook it is in.
    pub(crate) fn each(&self, hook: &'static str, call: impl Fn(&dyn Plugin)) {
        let _outside = enter(Current::Outside);
        for plugin in &self.0 {
            if let Err(panic) = catch_unwind(AssertUnwindSafe(|| call(&**plugin))) {
                report(&**plugin, hook, &panic_message(&*panic));
            }
        }
    }

    /// Flushes each, one after the other.
    pub(crate) async fn flush(&self) {
        for plugin in &self.0 {
            let started = catch_unwind(AssertUnwindSafe(|| {
                let _outside = enter(Current::Outside);
                plugin.flush()
            }));
            let ended = match started {
                Ok(future) => caught(future).await,
                Err(panic) => Err(panic_message(&*panic)),
            };
            if let Err(message) = ended {
                report(&**plugin, "flush", &message);
            }
        }
    }
}

impl fmt::Debug for Plugins {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.0.iter().map(|plugin| name_of(&**plugin)))
            .finish()
    }
}

async fn caught(mut future: Pin<Box<dyn Future<Output = ()> + Send + '_>>) -> Result<(), String> {
    poll_fn(
        |cx| match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx))) {
            Ok(poll) => poll.map(Ok),
            Err(panic) => Poll::Ready(Err(panic_message(&*panic))),
        },
    )
    .await
}

fn report(plugin: &dyn Plugin, hook: &str, message: &str) {
    tracing::error!(
        plugin = name_of(plugin),
        hook,
        "a plugin panicked and was ignored: {message}"
    );
}

/// A plugin's name is its own code too.
fn name_of(plugin: &dyn Plugin) -> String {
    catch_unwind(AssertUnwindSafe(|| plugin.name().to_owned()))
        .unwrap_or_else(|_| "a plugin without a name".to_owned())
}
