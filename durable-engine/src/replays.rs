//! [`assert_replays!`](crate::assert_replays): histories from production as a test.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Mutex;

use durable_runtime::host::State;
use durable_runtime::recorded::Replayer;
use durable_runtime::{Workflow, WorkflowFn};

/// Replays recorded histories against the workflow as it is now, and panics when one doesn't fit: what would strand a running execution fails a test first.
///
/// The pattern names files, relative to the package, with `*`, `?` and `[..]` as in a shell, and `**` for folders in between. Each is the answer to
/// `GetDurableExecutionHistory` with its data, from AWS or from `cargo durable history --format json`. No step's body runs, so it needs no network, no clock and
/// no database. Ten thousand histories are a matter of seconds.
///
/// A workflow with `#[state]` parameters is given values: `state = State::new().with(clients)`.
///
/// ```no_run
/// use durable_runtime::prelude::*;
///
/// #[step]
/// async fn charge(cents: u32) -> Result<u32> { Ok(cents) }
///
/// #[durable_workflow]
/// async fn fulfil(cents: u32) -> Result<u32> { charge(cents).await }
///
/// # #[allow(clippy::test_attr_in_doctest)]
/// #[test]
/// fn executions_in_flight_go_on() {
///     durable_engine::assert_replays!(fulfil, "histories/*.json");
/// }
/// ```
///
/// # Panics
/// When a history diverges, a recorded value doesn't read back, a file is no history, or no file fits the pattern. The message names each.
#[macro_export]
macro_rules! assert_replays {
    ($workflow:expr, $pattern:expr $(,)?) => {
        $crate::assert_replays!($workflow, $pattern, state = $crate::__State::new())
    };
    ($workflow:expr, $pattern:expr, state = $state:expr $(,)?) => {
        $crate::__assert_replays(
            $workflow,
            $state,
            $pattern,
            ::core::env!("CARGO_MANIFEST_DIR"),
        )
    };
}

/// Called by the macro only.
#[doc(hidden)]
#[track_caller]
#[expect(clippy::panic, reason = "an assertion")]
pub fn assert_replays<W: Workflow, Arguments>(
    workflow: impl WorkflowFn<W, Arguments>,
    state: State,
    pattern: &str,
    package: &str,
) {
    let full = PathBuf::from(package).join(pattern);
    let files = match glob::glob(&full.to_string_lossy()) {
        Ok(found) => found.filter_map(Result::ok).collect::<Vec<_>>(),
        Err(error) => panic!("`{pattern}` is no pattern for files: {error}"),
    };
    assert!(
        !files.is_empty(),
        "no file is `{}`, so nothing was replayed",
        full.display()
    );
    let failures = Mutex::new(Vec::new());
    Replayer::with_state(workflow, state).replay_files(&files, |file, verdict| {
        let told = match verdict {
            Ok(verdict) if verdict.fits() => return,
            Ok(verdict) => verdict.to_string(),
            Err(error) => error.to_string(),
        };
        if let Ok(mut failures) = failures.lock() {
            failures.push((file.clone(), told));
        }
    });
    let mut failures = failures.into_inner().unwrap_or_default();
    failures.sort();
    if failures.is_empty() {
        return;
    }
    let mut text = String::new();
    // The rest is likely to be more of the same.
    for (file, told) in failures.iter().take(10) {
        let _ = write!(text, "\n  {}: {told}", file.display());
    }
    let more = failures.len().saturating_sub(10);
    if more > 0 {
        let _ = write!(text, "\n  and {more} more");
    }
    panic!(
        "{} of {} histories do not fit workflow `{}`:{text}",
        failures.len(),
        files.len(),
        W::DEFINITION.name(),
    );
}
