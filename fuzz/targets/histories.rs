//! Recorded histories: any text is a history or refused with a reason, and any history has a verdict.
#![no_main]

use std::path::Path;
use std::time::Duration;
use std::{env, fs};

use durable_engine::TestEngine;
use durable_fuzz::workflow::everything;
use durable_runtime::recorded::{RecordedHistory, Replayer};
use libfuzzer_sys::{fuzz_mutator, fuzz_target};
use serde_json::json;

/// In the runtime's time, which passes at once: a replay waits for nothing.
const AT_MOST: Duration = Duration::from_hours(1);

/// Real time that the workflow has, whose last callback nobody answers.
const RECORDED: Duration = Duration::from_secs(2);

/// Writes the history of a run, as the seed that is asked for in the variable `SEEDS`.
fn record(folder: &Path) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let history = runtime.block_on(async {
        let engine = TestEngine::builder().register(everything).start().await?;
        let run = engine.start(everything, vec![3]).id("one").await?;
        let _ = tokio::time::timeout(RECORDED, run.result()).await;
        run.history().await
    });
    let history = json!({ "Events": history.expect("a store in memory") });
    fs::write(folder.join("recorded"), history.to_string()).expect("the folder is there");
}

fuzz_target!(init: {
    if let Some(folder) = env::var_os("SEEDS") {
        record(folder.as_ref());
    }
}, |data: &[u8]| {
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
