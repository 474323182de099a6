//! What the benches share: the same workflow written for each SDK, and a way to record its history and replay it.

pub mod history;
pub mod lambda_core;
pub mod measure;
pub mod official;
pub mod ours;
pub mod ours_lambda;
pub mod report;
pub mod samples;
pub mod slow;
pub mod stub;
pub mod traffic;
pub mod waits;

use history::Recorded;
use tokio::runtime::{Builder, Runtime};

/// What a step returns: 98 characters, 100 bytes as JSON.
pub const RESULT_CHARS: usize = 98;

/// A step's result.
#[must_use]
pub fn result() -> String {
    "x".repeat(RESULT_CHARS)
}

/// One SDK with the workflow of `n` sequential steps.
pub trait Subject {
    /// As the tables name it.
    fn name(&self) -> &'static str;

    /// The sizes it can run at, smaller first; the second is twice the first.
    fn sizes(&self) -> [usize; 2] {
        [1000, 2000]
    }

    /// The steps that a live run of `n` steps records. Empty when it can't replay.
    fn record(&self, runtime: &Runtime, n: usize) -> Vec<Recorded>;

    /// Replays `n` recorded steps from the invocation's bytes to the workflow's end. Panics when the workflow didn't reach it.
    fn replay(&self, runtime: &Runtime, n: usize, invocation: &[u8]);

    /// Runs `n` steps that nothing is recorded of. Returns how many calls the service got.
    fn live(&self, runtime: &Runtime, n: usize) -> u64;
}

/// All of them, ours first: ratios are to the first.
#[must_use]
pub fn subjects() -> Vec<Box<dyn Subject>> {
    vec![
        Box::new(ours::Ours::looping()),
        Box::new(ours::Ours::straight()),
        Box::new(ours_lambda::OursOnLambda::new()),
        Box::new(official::Official::new()),
        Box::new(lambda_core::LambdaCore::over_sdk()),
        Box::new(lambda_core::LambdaCore::over_null()),
        Box::new(stub::BareCall::new()),
    ]
}

/// The subject of this name.
#[must_use]
pub fn subject(name: &str) -> Option<Box<dyn Subject>> {
    subjects()
        .into_iter()
        .find(|subject| subject.name() == name)
}

/// A runtime with this many worker threads; none: everything on the calling thread.
///
/// # Panics
/// When the operating system gives no threads.
#[must_use]
pub fn runtime(workers: usize) -> Runtime {
    let mut builder = match workers {
        0 => Builder::new_current_thread(),
        _ => Builder::new_multi_thread(),
    };
    if workers > 0 {
        builder.worker_threads(workers);
    }
    builder.enable_all().build().expect("a runtime")
}
