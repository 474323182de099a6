//! The list that a batch works through: how many items, what tells them apart, and what they are called.

use std::collections::{HashMap, HashSet};

use crate::identity::{OperationId, ScopeId};
use crate::replay::ItemKey;
use crate::site::Site;

/// What is known of the items without running them.
#[derive(Debug, Default)]
pub(super) struct List {
    pub(super) len: usize,
    /// Given with `.keyed(..)`: canonical JSON, or why there is none.
    pub(super) keys: Option<Vec<Result<String, String>>>,
    /// What names were given, from the first item on.
    pub(super) names: Vec<Option<String>>,
    /// The name of an item that was given none, before its number.
    pub(super) stem: &'static str,
}

impl List {
    /// What tells the item apart.
    pub(super) fn key(&self, index: usize) -> ItemKey<'_> {
        match self.key_text(index) {
            Some(key) => ItemKey::Key(key),
            None => ItemKey::Index(u32::try_from(index).unwrap_or(u32::MAX)),
        }
    }

    pub(super) fn key_text(&self, index: usize) -> Option<&str> {
        let key = self.keys.as_ref()?.get(index)?;
        key.as_deref().ok()
    }

    pub(super) fn name(&self, index: usize) -> String {
        match self.names.get(index) {
            Some(Some(name)) => name.clone(),
            _ => format!("{}-{index}", self.stem),
        }
    }

    /// Why its keys can't be used.
    pub(super) fn problem(&self) -> Option<String> {
        let mut seen = HashMap::new();
        for (index, key) in self.keys.iter().flatten().enumerate() {
            match key {
                Err(reason) => {
                    return Some(format!("the key of item {index} can't be used: {reason}"));
                }
                Ok(key) => {
                    if let Some(first) = seen.insert(key, index) {
                        return Some(format!(
                            "items {first} and {index} have the same key {key}; each needs one of its own"
                        ));
                    }
                }
            }
        }
        None
    }

    /// The ids of the items' contexts.
    pub(super) fn ids(&self, batch: &ScopeId, site: &Site) -> HashSet<OperationId> {
        (0..self.len)
            .map(|index| self.key(index).place(batch, site).id)
            .collect()
    }

    /// Where each of these keys stands in the list now. `None` if one of them does not.
    pub(super) fn find<'a>(&self, keys: impl Iterator<Item = &'a str>) -> Option<Vec<usize>> {
        let known = self.keys.iter().flatten().enumerate();
        let places: HashMap<&str, usize> = known
            .filter_map(|(index, key)| Some((key.as_deref().ok()?, index)))
            .collect();
        keys.map(|key| places.get(key).copied()).collect()
    }
}
