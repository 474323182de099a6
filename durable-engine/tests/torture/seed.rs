//! Random choices that can be repeated.

use rand_chacha::ChaCha8Rng;
use rand_core::{Rng as _, SeedableRng as _};

pub(crate) struct Seed(ChaCha8Rng);

impl Seed {
    /// That of the environment, or another one each time. Printed, so that a failure can be repeated.
    pub(crate) fn from_environment() -> Self {
        let seed = match std::env::var("TORTURE_SEED") {
            Ok(seed) => seed.parse().expect("TORTURE_SEED is a number"),
            Err(_) => {
                u64::from(std::process::id()) << 32 | uuid::Uuid::new_v4().as_u64_pair().0 >> 32
            }
        };
        println!("TORTURE_SEED={seed}");
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    /// A number below `end`.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.0.next_u64() % end
    }
}
