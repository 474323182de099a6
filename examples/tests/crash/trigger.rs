//! When to kill.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::common::{Place, Process};

/// A process that waits for a wait of its workflow is killed at the latest after this.
const AT_THE_LATEST: Duration = Duration::from_millis(1500);

/// Random choices that can be repeated (SplitMix64).
pub(crate) struct Seeded(u64);

impl Seeded {
    pub(crate) fn from_environment() -> Self {
        let seed = match std::env::var("CRASH_TEST_SEED") {
            Ok(seed) => seed.parse().expect("CRASH_TEST_SEED is a number"),
            Err(_) => SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .unwrap()
                .subsec_nanos()
                .into(),
        };
        println!("CRASH_TEST_SEED={seed}");
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    pub(crate) fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[usize::try_from(self.below(from.len() as u64)).unwrap()]
    }

    fn micros(&mut self, end: u64) -> Duration {
        Duration::from_micros(self.below(end))
    }
}

/// What to wait for before the kill.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Trigger {
    /// Some time after the start, which takes a few milliseconds itself.
    After(Duration),
    /// So many more lines in the ledger, and then some time: about when the effect of a step is there and its result is not recorded yet.
    Ledger(usize, Duration),
    /// The database's log has changed so often: in the middle of a write.
    Write(usize),
    /// The end of the process.
    Never,
}

impl Trigger {
    pub(crate) fn quick(random: &mut Seeded) -> Self {
        Self::After(random.micros(60_000))
    }

    pub(crate) fn any(random: &mut Seeded) -> Self {
        match random.below(3) {
            0 => Self::quick(random),
            1 => Self::Ledger(1 + random.below(3) as usize, random.micros(3_000)),
            _ => Self::Write(1 + random.below(8) as usize),
        }
    }

    pub(crate) fn wait(self, place: &Place, process: &mut Process) {
        match self {
            Self::Never => process.until(|_| false),
            Self::After(time) => process.until(|process| process.age() >= time),
            Self::Ledger(lines, then) => {
                let ledger = place.path("fulfilment.ledger");
                let size = || std::fs::metadata(&ledger).map_or(0, |file| file.len());
                let lines_now = |size: u64| {
                    place.read("fulfilment.ledger")[..size as usize]
                        .lines()
                        .count()
                };
                let before = lines_now(size());
                process.until(|process| {
                    lines_now(size()) >= before + lines || process.age() >= AT_THE_LATEST
                });
                let until = process.age() + then;
                process.until(|process| process.age() >= until);
            }
            Self::Write(changes) => {
                let log = place.path("fulfilment.db-wal");
                let state = || {
                    std::fs::metadata(&log)
                        .ok()
                        .and_then(|file| Some((file.len(), file.modified().ok()?)))
                };
                let (mut last, mut changed) = (state(), 0);
                process.until(|process| {
                    let now = state();
                    changed += usize::from(now != last);
                    last = now;
                    changed >= changes || process.age() >= AT_THE_LATEST
                });
            }
        }
    }
}
