//! The static tables that the macros emit: one [`Site`] for each durable call in a workflow's text.

use std::fmt;

use crate::codec::Codec;
use crate::identity::{SiteId, Tag, tag};

/// One durable call in the text of a workflow.
///
/// Emitted by `#[durable_workflow]`; not written by hand. The fields after `key` serve the divergence
/// check, which must know whether a recorded operation may still be reached from where the code stands.
#[derive(Debug)]
pub struct Site {
    /// BLAKE2b-128 of `<workflow name>/<key>`.
    pub id: SiteId,
    /// The site's key, with `#2`, `#3` … behind repeated sleeps.
    pub key: &'static str,
    /// The number of the distinct key in its workflow. Calls in exclusive arms may share one.
    pub slot: u32,
    /// Line of the call in [`Definition::file`], for messages only; never part of an identity.
    pub line: u32,
    /// Position in source order: the index in the workflow's table.
    pub order: u32,
    /// Numbers of the loops around the call, outermost first.
    pub loops: &'static [u32],
    /// The combinator branches around the call, outermost first: slot of the combinator, index of the branch.
    pub branches: &'static [(u32, u32)],
    /// Inside a closure or an async block bound to a name: it may run later than its place in the text says.
    pub floating: bool,
    /// How many closures of the workflow's text are around the call.
    pub closures: u32,
    /// It makes no context of its own: `.flat()` is called on it.
    pub flat: bool,
}

/// What happens to an execution whose recorded history doesn't fit the code.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnDivergence {
    /// End the invocation with a retryable error, so that rolling back a bad deploy rescues the execution.
    #[default]
    Retry,
    /// Fail the execution.
    Fail,
}

/// The static definition of a workflow: its name and its sites.
pub struct Definition {
    name: &'static str,
    file: &'static str,
    sites: &'static [Site],
    slots: u32,
    on_divergence: OnDivergence,
    /// A function, for a constant can't refer to a codec with anything changeable in it.
    codec: Option<fn() -> &'static dyn Codec>,
    /// Sites that were removed on purpose: what the lock file says.
    retired: &'static [SiteId],
    is_helper: bool,
}

impl fmt::Debug for Definition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Definition")
            .field("name", &self.name)
            .field("file", &self.file)
            .field("sites", &self.sites)
            .field("on_divergence", &self.on_divergence)
            .finish_non_exhaustive()
    }
}

impl Definition {
    /// Called by generated code only.
    #[doc(hidden)]
    #[must_use]
    pub const fn __new(
        name: &'static str,
        file: &'static str,
        sites: &'static [Site],
        slots: u32,
        on_divergence: OnDivergence,
    ) -> Self {
        Self {
            name,
            file,
            sites,
            slots,
            on_divergence,
            codec: None,
            retired: &[],
            is_helper: false,
        }
    }

    /// Called by generated code only.
    #[doc(hidden)]
    #[must_use]
    pub const fn __helper(mut self) -> Self {
        self.is_helper = true;
        self
    }

    /// Whether it is a helper's, whose operations are a part of the workflow that calls it.
    #[must_use]
    pub const fn is_helper(&self) -> bool {
        self.is_helper
    }

    /// Called by generated code only.
    #[doc(hidden)]
    #[must_use]
    pub const fn __retired(mut self, retired: &'static [SiteId]) -> Self {
        self.retired = retired;
        self
    }

    /// Called by generated code only.
    #[doc(hidden)]
    #[must_use]
    pub const fn __codec(mut self, codec: fn() -> &'static dyn Codec) -> Self {
        self.codec = Some(codec);
        self
    }

    /// The workflow's name, the first half of every site path.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// The source file the workflow stands in.
    #[must_use]
    pub const fn file(&self) -> &'static str {
        self.file
    }

    /// All sites in source order.
    #[must_use]
    pub const fn sites(&self) -> &'static [Site] {
        self.sites
    }

    /// What happens to an execution whose recorded history doesn't fit the code.
    #[must_use]
    pub const fn on_divergence(&self) -> OnDivergence {
        self.on_divergence
    }

    /// The codec of every operation in the workflow that has none of its own.
    pub(crate) fn codec(&self) -> Option<&'static dyn Codec> {
        self.codec.map(|codec| codec())
    }

    /// The ids of the sites that the lock file marks as removed on purpose: their records are skipped.
    #[must_use]
    pub const fn retired(&self) -> &'static [SiteId] {
        self.retired
    }

    pub(crate) const fn slots(&self) -> u32 {
        self.slots
    }

    /// The places of the site whose id starts with `site`; several when exclusive arms share a key.
    pub(crate) fn places(&self, site: Tag) -> impl Iterator<Item = &'static Site> {
        self.sites
            .iter()
            .filter(move |place| tag(&place.id) == site)
    }

    /// The key of the combinator with this slot.
    pub(crate) fn slot(&self, slot: u32) -> Option<&'static Site> {
        self.sites.iter().find(|place| place.slot == slot)
    }
}
