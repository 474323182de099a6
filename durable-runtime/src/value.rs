//! Values that look random and are the same on every replay: [`uuid`], [`random`], [`rng`]. No operation, no cost.

use std::fmt;

use blake2::{Blake2b256, Blake2b512, Digest};
use rand_core::{Infallible, TryRng};
use uuid::Uuid;

use crate::current::{Current, current, take_value_site, with_value_site};
use crate::entropy::entropy;
use crate::site::Site;

/// Called by generated code only: calls a value function at its place in the text.
#[doc(hidden)]
pub fn value_site<T>(site: &'static Site, f: impl FnOnce() -> T) -> T {
    with_value_site(site, f)
}

/// `BLAKE2b-256("dw1-value" ‖ seed ‖ execution ARN)` in a workflow, real entropy elsewhere.
fn seed() -> [u8; 32] {
    let site = take_value_site();
    let mut hash = Blake2b256::new();
    hash.update(b"dw1-value");
    match current() {
        Current::Workflow(core, scope) => {
            let seed = core.state.lock().scopes.value_seed(scope, site);
            hash.update(seed);
            hash.update(core.arn.as_bytes());
        }
        Current::Outside | Current::InStep => hash.update(entropy::<32>()),
    }
    hash.finalize().into()
}

/// A unique id. In a workflow it is the same on every replay: derived from the execution and the place of the call, so inserting another call
/// changes no other's. Version 8 (custom), for it is no random number.
///
/// ```
/// assert_ne!(durable_runtime::uuid(), durable_runtime::uuid());
/// ```
#[must_use]
pub fn uuid() -> Uuid {
    let [bytes @ .., _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _] = seed();
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

/// A random value: an integer of any width, a `bool`, or an `f64`/`f32` in [0, 1). In a workflow it is the same on every replay.
///
/// ```
/// let spread: f64 = durable_runtime::random();
/// assert!((0.0..1.0).contains(&spread));
/// ```
#[must_use]
pub fn random<T: Random>() -> T {
    T::from_bits(rng().word())
}

/// A random number generator. In a workflow it gives the same numbers on every replay.
///
/// ```
/// use durable_runtime::RandomNumbers;
///
/// fn shuffle(numbers: &mut RandomNumbers, items: &mut [u32]) {
///     for i in (1..items.len()).rev() {
///         items.swap(i, numbers.below(i as u64 + 1) as usize);
///     }
/// }
/// let mut items = [1, 2, 3];
/// shuffle(&mut durable_runtime::rng(), &mut items);
/// ```
#[must_use]
pub fn rng() -> RandomNumbers {
    RandomNumbers::of(seed())
}

/// The numbers of [`rng`]. Implements [`rand_core`]'s traits, so that all of `rand` works with it.
///
/// One stream of bytes, taken from in order: the blocks `BLAKE2b-512("dw1-rng" ‖ seed ‖ i)` for i = 0, 1, .. (64 bits). All integers are little-endian. Part of
/// what a replay relies on, and so frozen.
#[derive(Clone)]
pub struct RandomNumbers {
    seed: [u8; 32],
    /// How many blocks there were so far.
    blocks: u64,
    block: [u8; BLOCK],
    /// How much of the last one is taken.
    taken: usize,
}

/// The bytes of one block.
const BLOCK: usize = 64;

impl RandomNumbers {
    fn of(seed: [u8; 32]) -> Self {
        Self {
            seed,
            blocks: 0,
            block: [0; BLOCK],
            taken: BLOCK,
        }
    }

    fn next_block(&mut self) {
        let hash = Blake2b512::new()
            .chain_update(b"dw1-rng")
            .chain_update(self.seed)
            .chain_update(self.blocks.to_le_bytes());
        self.block = hash.finalize().into();
        self.blocks = self.blocks.wrapping_add(1);
        self.taken = 0;
    }

    fn fill(&mut self, mut bytes: &mut [u8]) {
        while !bytes.is_empty() {
            if self.taken >= BLOCK {
                self.next_block();
            }
            let left = self.block.get(self.taken..).unwrap_or_default();
            let count = left.len().min(bytes.len());
            let (now, later) = bytes.split_at_mut(count);
            for (to, from) in now.iter_mut().zip(left) {
                *to = *from;
            }
            self.taken += count;
            bytes = later;
        }
    }

    fn take<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.fill(&mut bytes);
        bytes
    }

    fn word(&mut self) -> u64 {
        u64::from_le_bytes(self.take())
    }

    /// The next 64 random bits.
    pub fn next_u64(&mut self) -> u64 {
        self.word()
    }

    /// A number from 0 to `bound` − 1, each as likely as the others; 0 for a bound of 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        if bound == 0 {
            return 0;
        }
        // Words beyond the last whole multiple of the bound would favour small numbers.
        let limit = u64::MAX - u64::MAX % bound;
        loop {
            let word = self.word();
            if word < limit {
                return word % bound;
            }
        }
    }
}

/// Without the seed: who has that has all numbers to come.
impl fmt::Debug for RandomNumbers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RandomNumbers").finish_non_exhaustive()
    }
}

impl TryRng for RandomNumbers {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(u32::from_le_bytes(self.take()))
    }
    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(self.word())
    }
    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        self.fill(bytes);
        Ok(())
    }
}

/// What [`random`] can give. The mapping from bits is part of what a replay relies on, and so frozen.
pub trait Random {
    /// The value for 64 random bits.
    fn from_bits(bits: u64) -> Self;
}

macro_rules! random_integers {
    ($($integer:ty),*) => {$(
        impl Random for $integer {
            fn from_bits(bits: u64) -> Self {
                bits as $integer
            }
        }
    )*};
}
random_integers!(u8, u16, u32, u64, usize, i8, i16, i32, i64, isize);

impl Random for bool {
    fn from_bits(bits: u64) -> Self {
        bits & 1 == 1
    }
}

impl Random for f64 {
    fn from_bits(bits: u64) -> Self {
        (bits >> 11) as Self / (1u64 << 53) as Self
    }
}

impl Random for f32 {
    fn from_bits(bits: u64) -> Self {
        (bits >> 40) as Self / (1u64 << 24) as Self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers() -> RandomNumbers {
        let mut seed = [0; 32];
        for (place, byte) in seed.iter_mut().enumerate() {
            *byte = place as u8;
        }
        RandomNumbers::of(seed)
    }

    fn value<T: Random>() -> T {
        T::from_bits(numbers().word())
    }

    /// By Python: `s = bytes(range(32)); b"".join(hashlib.blake2b(b"dw1-rng" + s + i.to_bytes(8, "little")).digest() for i in range(2))`. Never to change: running
    /// workflows have decided by such numbers.
    #[test]
    fn the_numbers_of_v1() {
        let mut numbers = numbers();
        assert_eq!(numbers.next_u64(), 0x6b57_f21c_9b20_8024);
        assert_eq!(numbers.try_next_u32(), Ok(0xfb4a_c754));
        // Over the end of the first block.
        let mut bytes = [0; 70];
        let Ok(()) = numbers.try_fill_bytes(&mut bytes);
        assert_eq!(bytes[..4], [72, 71, 220, 228]);
        assert_eq!(bytes[50..54], [156, 142, 186, 82]);
        assert_eq!(bytes[66..], [142, 209, 174, 206]);
        assert_eq!(numbers.next_u64(), 0x13f7_8471_9762_563a);
    }

    #[test]
    fn the_values_of_v1() {
        assert_eq!(value::<u8>(), 0x24);
        assert_eq!(value::<i64>(), 7_734_917_089_707_720_740);
        assert!(!value::<bool>());
        assert_eq!(value::<f64>(), 0.419_310_695_632_818_3);
        assert_eq!(value::<f32>(), 0.419_310_7);
        assert_eq!(numbers().below(1_000), 740);
    }

    #[test]
    fn the_numbers_do_not_depend_on_how_they_are_taken() {
        let (mut one, mut other) = (numbers(), numbers());
        let whole: [u8; 200] = one.take();
        let mut parts = Vec::new();
        for count in [1, 2, 61, 64, 0, 72] {
            let mut part = vec![0; count];
            other.fill(&mut part);
            parts.extend(part);
        }
        assert_eq!(parts, whole);
    }
}
