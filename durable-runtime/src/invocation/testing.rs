//! What unit tests of an invocation's parts need.

use std::collections::HashSet;
use std::sync::Arc;

use super::core::{Core, Manner};
use crate::plugin::Plugins;
use crate::site::{Definition, OnDivergence};
use crate::wire::Timestamp;

static FLOW: Definition = Definition::__new("flow", "flow.rs", &[], 0, OnDivergence::Retry);

/// The service's time in it.
pub(super) const NOW: Timestamp = Timestamp::from_millis(1_767_225_600_000);

/// An invocation of a workflow without operations.
pub(super) fn core(plugins: Plugins) -> Arc<Core> {
    let manner = Manner {
        cancels_waits: true,
        replay_only: false,
    };
    let (arn, token) = ("arn".to_owned(), "t0".to_owned());
    Core::new(arn, token, &FLOW, HashSet::new(), manner, plugins, || NOW)
}
