//! Reading what other programs wrote: members that are `null`, empty or odd where the model says they are absent.

use serde::{Deserialize, Deserializer};

/// `null` reads like an absent member.
pub(super) fn null_as_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Ok(Option::<T>::deserialize(deserializer)?.unwrap_or_default())
}

/// An empty string reads like an absent member: some writers send `"NextMarker": ""` on the last page.
pub(super) fn empty_as_none<'de, D>(deserializer: D) -> Result<Option<String>, D::Error>
where
    D: Deserializer<'de>,
{
    Ok(Option::<String>::deserialize(deserializer)?.filter(|text| !text.is_empty()))
}
