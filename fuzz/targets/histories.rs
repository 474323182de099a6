//! Recorded histories: any text is a history or refused with a reason, and any history has a verdict.
#![no_main]

use std::time::Duration;

use durable_fuzz::workflow::everything;
use durable_runtime::recorded::{RecordedHistory, Replayer};
use libfuzzer_sys::{fuzz_mutator, fuzz_target};

/// In the runtime's time, which passes at once: a replay waits for nothing.
const AT_MOST: Duration = Duration::from_hours(1);

fuzz_target!(|data: &[u8]| {
    let Ok(text) = str::from_utf8(data) else {
        return;
    };
    let history = match RecordedHistory::parse(text) {
        Ok(history) => history,
        Err(error) => {
            assert!(!error.to_string().is_empty());
            return;
        }
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime without I/O");
    let replayer = Replayer::new(everything);
    let replay = async { tokio::time::timeout(AT_MOST, replayer.replay(&history)).await };
    let verdict = runtime
        .block_on(replay)
        .expect("a replay waits for nothing");
    assert!(!verdict.to_string().is_empty());
});

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    durable_fuzz::mutate::lines(data, size, max_size, seed)
});
