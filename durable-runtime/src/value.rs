//! Values that look random and are the same on every replay: [`uuid`], [`random`], [`rng`]. No operation, no cost.

use blake2::{Blake2b256, Digest};
use rand_chacha::ChaCha8Rng;
use rand_core::{Infallible, SeedableRng, TryRng};
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
    RandomNumbers(ChaCha8Rng::from_seed(seed()))
}

/// ChaCha8, seeded by [`rng`]. Implements [`rand_core`]'s traits, so that all of `rand` works with it.
#[derive(Clone, Debug)]
pub struct RandomNumbers(ChaCha8Rng);

impl RandomNumbers {
    fn word(&mut self) -> u64 {
        let Ok(word) = self.0.try_next_u64();
        word
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

impl TryRng for RandomNumbers {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        self.0.try_next_u32()
    }
    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        self.0.try_next_u64()
    }
    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        self.0.try_fill_bytes(bytes)
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
