//! Entropy from the operating system, for what is no part of a workflow.

use std::hash::{BuildHasher, RandomState};

/// Bytes that nobody can tell beforehand, and that nobody else gets.
pub(crate) fn entropy<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    if getrandom::getrandom(&mut bytes).is_err() {
        // A sandbox forbids the call, say. std has its own way to the same source, for the keys of its maps.
        for (place, byte) in bytes.iter_mut().enumerate() {
            let [first, ..] = RandomState::new().hash_one(place).to_le_bytes();
            *byte = first;
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_are_the_same() {
        assert_ne!(entropy::<32>(), entropy::<32>());
    }
}
