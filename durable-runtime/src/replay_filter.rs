//! [`ReplayFilter`]: workflow code logs once, not once per replay.

use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;

use crate::current::is_replaying;

/// A tracing-subscriber layer that drops the events of workflow code while it replays what it has already logged.
///
/// Step bodies need no filter, because a recorded step doesn't run again. Put it beside the layers that write:
///
/// ```
/// use durable_runtime::ReplayFilter;
/// use tracing_subscriber::prelude::*;
///
/// let subscriber = tracing_subscriber::Registry::default().with(ReplayFilter::new());
/// # let _ = subscriber;
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct ReplayFilter(());

impl ReplayFilter {
    /// The layer.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

impl<S: Subscriber> Layer<S> for ReplayFilter {
    fn event_enabled(&self, event: &Event<'_>, _: Context<'_, S>) -> bool {
        // What the runtime itself has to say (a repeated key, a leftover record) is not the workflow's.
        if event.metadata().target().starts_with("durable_runtime") {
            return true;
        }
        !is_replaying()
    }
}
