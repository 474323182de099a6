//! Identity `v1`: from a site's path to its id.
//!
//! Frozen. Executions that are in flight hold these ids, so a change here strands them.

use blake2::Digest as _;

/// The id of a site: BLAKE2b with an output of 16 bytes over the site's path.
pub(crate) type SiteId = [u8; 16];

/// The id of the site `key` of `workflow`. `key` carries its ordinal (`sleep#2`) already.
pub(crate) fn site_id(workflow: &str, key: &str) -> SiteId {
    let mut hasher = blake2::Blake2b128::new();
    hasher.update(workflow.as_bytes());
    hasher.update(b"/");
    hasher.update(key.as_bytes());
    hasher.finalize().into()
}
