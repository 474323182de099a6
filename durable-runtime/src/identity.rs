//! Identity `v1`: how sites, scopes and operations get their ids.
//!
//! The derivation is frozen. Every id in a stored history was made by it, so a change here strands
//! every running execution; `tests/identity.rs` pins literal ids. `docs/identity.md` has the same
//! facts as a picture.

use std::fmt;
use std::hash::{BuildHasherDefault, Hash, Hasher};

use blake2::{Blake2b128, Digest};

/// The id of a site: BLAKE2b-128 of its site path, `<workflow name>/<key>`.
pub type SiteId = [u8; 16];

/// The id of a scope, sixteen bytes. The root scope's id is all zeros.
pub(crate) type ScopeId = [u8; 16];

/// The first eight bytes of a scope's or a site's id, as they stand in the ids of operations.
pub(crate) type Tag = [u8; 8];

/// The root scope: the execution itself.
pub(crate) const ROOT_SCOPE: ScopeId = [0; 16];

/// What an id is derived for. One byte of the derivation's input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// An operation on the wire.
    Operation,
    /// The virtual scope of one branch of `join!`, `try_join!` or `race!`.
    Branch,
    /// The scope inside a CONTEXT operation.
    Context,
    /// The scope of one item of a batch.
    Item,
    /// The seed of `uuid()`, `random()` or `rng()`.
    Value,
    /// The virtual scope of one call of a helper.
    Helper,
}

impl Kind {
    const fn byte(self) -> u8 {
        match self {
            Self::Operation => b'o',
            Self::Branch => b'b',
            Self::Context => b'c',
            Self::Item => b'i',
            Self::Value => b'v',
            Self::Helper => b'h',
        }
    }
}

/// BLAKE2b-128 of a site path, `<workflow name>/<key>`.
///
/// ```
/// let id = durable_runtime::site_id("fulfil/charge");
/// assert_eq!(id, durable_runtime::site_id("fulfil/charge"));
/// assert_ne!(id, durable_runtime::site_id("fulfil/refund"));
/// ```
#[must_use]
pub fn site_id(site_path: &str) -> SiteId {
    Blake2b128::digest(site_path.as_bytes()).into()
}

/// `BLAKE2b-128("dw1" ‖ kind ‖ scope ‖ site ‖ len(key) ‖ key ‖ n)`, integers little-endian 64-bit.
pub(crate) fn derive(kind: Kind, scope: &ScopeId, site: &SiteId, key: &str, n: u64) -> [u8; 16] {
    let mut hash = Blake2b128::new();
    hash.update(b"dw1");
    hash.update([kind.byte()]);
    hash.update(scope);
    hash.update(site);
    hash.update((key.len() as u64).to_le_bytes());
    hash.update(key.as_bytes());
    hash.update(n.to_le_bytes());
    hash.finalize().into()
}

/// The first eight bytes of an id.
pub(crate) fn tag(id: &[u8; 16]) -> Tag {
    let [a, b, c, d, e, f, g, h, ..] = *id;
    [a, b, c, d, e, f, g, h]
}

/// What the ids of a helper's scope, and of the virtual scopes inside it, start with instead of their own first bytes.
///
/// A workflow's table does not say which of its calls are helpers, and their operations are in tables of their own. By this a record shows that it is one of
/// those, which the code may not have come to yet, and not one of an operation that was removed.
const HELPER_MARK: [u8; 2] = *b"dh";

/// `id` with the mark of helpers.
pub(crate) fn marked(id: ScopeId) -> ScopeId {
    let mut marked = id;
    let [first, second] = HELPER_MARK;
    let [a, b, ..] = &mut marked;
    (*a, *b) = (first, second);
    marked
}

/// Whether a scope's tag has the mark of helpers. One in 65,536 others has it by chance, and is then less strictly checked.
pub(crate) fn is_marked(tag: Tag) -> bool {
    tag.starts_with(&HELPER_MARK)
}

/// The id of an operation, as bytes; [`Display`](fmt::Display) gives the lower-case hex that goes on the wire.
///
/// In the root scope, the first time a site is reached, the operation's id is the site's (32 hex digits,
/// no hashing at run time). Everywhere else it has 64 digits: the first eight bytes of its scope's id, the first
/// eight of its site's, and a derived hash, so that every record says which scope and site it belongs to.
#[derive(Clone, Copy)]
pub struct OperationId {
    bytes: [u8; 32],
    root: bool,
}

impl OperationId {
    /// The id of the `n`th reach (counted from 0) of `site` in `scope` under `key` ("" for none).
    pub(crate) fn derive(scope: &ScopeId, site: &SiteId, key: &str, n: u64) -> Self {
        let mut bytes = [0; 32];
        let (head, tail) = bytes.split_at_mut(16);
        if *scope == ROOT_SCOPE && n == 0 && key.is_empty() {
            head.copy_from_slice(site);
            return Self { bytes, root: true };
        }
        let (scope_tag, site_tag) = head.split_at_mut(8);
        scope_tag.copy_from_slice(&tag(scope));
        site_tag.copy_from_slice(&tag(site));
        tail.copy_from_slice(&derive(Kind::Operation, scope, site, key, n));
        Self { bytes, root: false }
    }

    /// The id of a virtual scope that stands where such an operation would.
    pub(crate) fn derive_scope(scope: &ScopeId, site: &SiteId, key: &str, n: u64) -> ScopeId {
        derive(Kind::Operation, scope, site, key, n)
    }

    /// Reads an id from the wire; `None` for an id that this language did not make (another SDK's).
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut bytes = [0; 32];
        let root = match text.len() {
            32 => true,
            64 => false,
            _ => return None,
        };
        let digits = if root {
            bytes.get_mut(..16)?
        } else {
            &mut bytes[..]
        };
        let of = |digit: u8| NIBBLES.get(usize::from(digit)).copied().unwrap_or(0xff);
        let mut all = 0;
        for ([high, low], byte) in text.as_bytes().as_chunks().0.iter().zip(digits) {
            let (high, low) = (of(*high), of(*low));
            all |= high | low;
            *byte = high << 4 | low;
        }
        (all < 16).then_some(Self { bytes, root })
    }

    /// The id as text, in memory that is borrowed.
    fn with_text<T>(&self, use_it: impl FnOnce(&str) -> T) -> T {
        let mut text = [b'0'; 64];
        for (pair, byte) in text.as_chunks_mut().0.iter_mut().zip(self.bytes) {
            *pair = DIGITS.get(usize::from(byte)).copied().unwrap_or_default();
        }
        let text = text.get(..if self.root { 32 } else { 64 });
        // Digits are text.
        use_it(
            text.and_then(|text| std::str::from_utf8(text).ok())
                .unwrap_or_default(),
        )
    }

    /// The id as it goes on the wire.
    pub(crate) fn to_text(self) -> String {
        self.with_text(str::to_owned)
    }

    /// The first eight bytes of the scope's id (zeros for the root scope).
    pub(crate) fn scope_tag(&self) -> Tag {
        if self.root { [0; 8] } else { self.eight(0) }
    }

    /// The first eight bytes of the site's id.
    pub(crate) fn site_tag(&self) -> Tag {
        self.eight(if self.root { 0 } else { 8 })
    }

    fn eight(&self, at: usize) -> Tag {
        let mut tag = [0; 8];
        for (to, from) in tag.iter_mut().zip(self.bytes.iter().skip(at)) {
            *to = *from;
        }
        tag
    }
}

/// What a digit stands for; more than 15: it is none.
const fn nibble(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        b'a'..=b'f' => digit - b'a' + 10,
        _ => 0xff,
    }
}

/// [`nibble`] of every byte.
#[expect(
    clippy::indexing_slicing,
    reason = "in a constant, where an index out of bounds does not compile"
)]
const NIBBLES: [u8; 256] = {
    let mut nibbles = [0; 256];
    let mut byte: u8 = 0;
    loop {
        nibbles[byte as usize] = nibble(byte);
        if byte == u8::MAX {
            break nibbles;
        }
        byte += 1;
    }
};

/// The two digits of every byte.
#[expect(
    clippy::indexing_slicing,
    reason = "in a constant, where an index out of bounds does not compile"
)]
const DIGITS: [[u8; 2]; 256] = {
    let hex = b"0123456789abcdef";
    let mut digits = [[0; 2]; 256];
    let mut byte: u8 = 0;
    loop {
        digits[byte as usize] = [hex[(byte >> 4) as usize], hex[(byte & 15) as usize]];
        if byte == u8::MAX {
            break digits;
        }
        byte += 1;
    }
};

impl PartialEq for OperationId {
    fn eq(&self, other: &Self) -> bool {
        self.root == other.root && self.bytes == other.bytes
    }
}

impl Eq for OperationId {}

impl Hash for OperationId {
    fn hash<H: Hasher>(&self, state: &mut H) {
        // An id is a hash already: the part of it that differs most is all the index needs.
        state.write_u64(u64::from_le_bytes(self.eight(if self.root {
            0
        } else {
            16
        })));
    }
}

impl fmt::Display for OperationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.with_text(|text| f.write_str(text))
    }
}

impl fmt::Debug for OperationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Passes through the one `u64` that an [`OperationId`] hands it.
#[derive(Default)]
pub(crate) struct IdHasher(u64);

impl Hasher for IdHasher {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }
    fn write_u64(&mut self, value: u64) {
        self.0 = value;
    }
}

/// A map keyed by operation ids.
pub(crate) type IdMap<V> = std::collections::HashMap<OperationId, V, BuildHasherDefault<IdHasher>>;

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::hash::BuildHasher;

    use super::*;

    #[test]
    fn an_id_reads_back_from_its_text() {
        let site = site_id("fulfil/charge");
        for (scope, key, n) in [
            (ROOT_SCOPE, "", 0),
            (ROOT_SCOPE, "", 1),
            ([7; 16], "\"sku\"", 3),
        ] {
            let id = OperationId::derive(&scope, &site, key, n);
            let read = OperationId::parse(&id.to_string()).unwrap();
            assert_eq!(read, id);
            assert_eq!(id.to_text(), id.to_string());
            assert_eq!(read.site_tag(), tag(&site));
            assert_eq!(read.scope_tag(), tag(&scope));
        }
    }

    #[test]
    fn ids_of_other_languages_are_told_apart() {
        for foreign in [
            "",
            "1",
            "3f",
            &"A".repeat(32),
            &"z".repeat(64),
            &"0".repeat(33),
        ] {
            assert!(OperationId::parse(foreign).is_none(), "{foreign}");
        }
        // One digit is enough, wherever it is and whatever else its byte has.
        for place in 0..32 {
            for other in ["0", "7", "f"] {
                let mut text = other.repeat(32);
                text.replace_range(place..=place, "g");
                assert!(OperationId::parse(&text).is_none(), "{text}");
            }
        }
    }

    #[test]
    fn a_scope_shows_whether_it_is_a_helpers() {
        let scope = site_id("fulfil/pay");
        assert!(is_marked(tag(&marked(scope))));
        assert!(!is_marked(tag(&scope)));
        assert_eq!(marked(scope)[2..], scope[2..]);
    }

    /// Computed with Python's hashlib from `docs/identity.md`; a saga that runs has it in its history, so it must never change.
    #[test]
    fn the_scope_of_a_compensation_is_pinned() {
        let site = site_id("fulfil/charge");
        let scope = OperationId::derive_scope(&[7; 16], &site, "compensate\"sku\"", 3);
        let text: String = scope.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(text, "55a24c22e18bec5df6897898acd41fab");
    }

    #[test]
    fn ids_are_equal_where_all_of_them_is() {
        let site = site_id("fulfil/charge");
        let root = OperationId::derive(&ROOT_SCOPE, &site, "", 0);
        let second = OperationId::derive(&ROOT_SCOPE, &site, "", 1);
        assert_eq!(root, root);
        assert_ne!(
            root,
            OperationId::derive(&ROOT_SCOPE, &site_id("other"), "", 0)
        );
        assert_ne!(second, OperationId::derive(&ROOT_SCOPE, &site, "", 2));
        // The same digits with thirty-two zeros behind them.
        let longer = OperationId::parse(&format!("{root}{}", "0".repeat(32))).unwrap();
        assert_ne!(root, longer);
    }

    /// A map of 100,000 operations that all hash alike is looked through from one end to the other.
    #[test]
    fn ids_hash_apart() {
        let hasher = BuildHasherDefault::<IdHasher>::default();
        let sites = (0..100).map(|n| site_id(&format!("fulfil/{n}")));
        let roots = sites.map(|site| OperationId::derive(&ROOT_SCOPE, &site, "", 0));
        let site = site_id("fulfil/charge");
        let rounds = (1..100).map(|n| OperationId::derive(&ROOT_SCOPE, &site, "", n));
        let ids: Vec<OperationId> = roots.chain(rounds).collect();
        let hashes: HashSet<u64> = ids.iter().map(|id| hasher.hash_one(id)).collect();
        assert_eq!(hashes.len(), ids.len());
        let hashes: HashSet<u64> = ids.iter().map(|id| hasher.hash_one(Some(id))).collect();
        assert_eq!(hashes.len(), ids.len());
    }
}
