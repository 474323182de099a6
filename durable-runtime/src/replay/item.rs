//! The identity of a batch's items.

use super::scope::Place;
use crate::identity::{Kind, OperationId, ScopeId, Tag, derive, tag};
use crate::site::Site;

/// What tells one item of a batch from the others: its key's canonical JSON, or its index.
#[derive(Clone, Copy, Debug)]
pub(crate) enum ItemKey<'a> {
    /// Given with `.keyed(..)`.
    Key(&'a str),
    /// The place in the list.
    Index(u32),
}

impl ItemKey<'_> {
    fn parts(&self) -> (&str, u32) {
        match self {
            Self::Key(key) => (key, 0),
            Self::Index(index) => ("", *index),
        }
    }

    /// The item's CONTEXT in the batch with this scope at `site`.
    pub(crate) fn place(&self, batch: &ScopeId, site: &Site) -> Place {
        let (key, n) = self.parts();
        Place {
            id: OperationId::derive(batch, &site.id, key, u64::from(n)),
            n,
        }
    }

    /// The id of the scope inside.
    pub(crate) fn scope_id(&self, batch: &ScopeId, site: &Site) -> ScopeId {
        let (key, n) = self.parts();
        derive(Kind::Item, batch, &site.id, key, u64::from(n))
    }

    /// The tag of that scope, which the operations in it carry in their ids.
    pub(crate) fn scope_tag(&self, batch: &ScopeId, site: &Site) -> Tag {
        tag(&self.scope_id(batch, site))
    }
}
