//! Us: `durable-runtime` over a backend that acknowledges everything and keeps nothing.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use durable_runtime::host::{
    Backend, BackendError, Checkpointed, Invocation, InvocationOptions, Outcome, Registration,
    State, StatePage,
};
use durable_runtime::prelude::*;
use durable_runtime::wire::{InvocationInput, OperationAction, OperationUpdate, Timestamp};
use tokio::runtime::Runtime;

use crate::history::{Recorded, first_invocation};
use crate::{RESULT_CHARS, Subject, result};

/// The step that every SDK has: it only makes its result.
#[step]
pub async fn work() -> Result<String> {
    Ok(result())
}

/// The workflow that every SDK has.
#[durable_workflow]
pub async fn sequential(steps: usize) -> Result<usize> {
    let mut total = 0;
    for _ in 0..steps {
        total += work().await?.len();
    }
    Ok(total)
}

/// The same steps, all at once: a `map` whose items need no context of their own.
#[durable_workflow]
pub async fn fan_out(steps: usize) -> Result<usize> {
    let results = map(0..steps, |_| async move { work().await })
        .flat()
        .await?;
    Ok(results.iter().map(String::len).sum())
}

/// A `map` whose items have a context of their own each, as the peers' items have.
#[durable_workflow]
pub async fn fan_out_nested(steps: usize) -> Result<usize> {
    let results = map(0..steps, |_| async move { work().await }).await?;
    Ok(results.iter().map(String::len).sum())
}

include!(concat!(env!("OUT_DIR"), "/straight.rs"));

/// Acknowledges every checkpoint with a token and nothing else.
#[derive(Default)]
struct NullBackend {
    calls: AtomicU64,
    log: Option<Mutex<Vec<Recorded>>>,
}

impl Backend for NullBackend {
    async fn checkpoint(
        &self,
        _token: &str,
        updates: &[OperationUpdate],
    ) -> std::result::Result<Checkpointed, BackendError> {
        self.calls.fetch_add(1, Ordering::Relaxed);
        if let Some(log) = &self.log {
            let started = updates
                .iter()
                .filter(|update| update.action == OperationAction::Start)
                .map(|update| Recorded {
                    id: update.id.clone(),
                    sub_type: update
                        .sub_type
                        .as_ref()
                        .map(|sub_type| sub_type.as_str().to_owned()),
                });
            log.lock().expect("no poison").extend(started);
        }
        Ok(Checkpointed {
            token: Some("token".to_owned()),
            ..Checkpointed::default()
        })
    }

    async fn state(
        &self,
        _token: &str,
        _marker: &str,
    ) -> std::result::Result<StatePage, BackendError> {
        Ok(StatePage::default())
    }

    fn now(&self) -> Timestamp {
        Timestamp::from_millis(1_767_225_601_000)
    }
}

/// Our SDK, with one of two forms of the workflow.
pub struct Ours {
    name: &'static str,
    sizes: [usize; 2],
    registrations: [Arc<Registration>; 2],
}

impl Ours {
    /// One step in a loop: ids of repeated steps are hashed at run time.
    #[must_use]
    pub fn looping() -> Self {
        let registration = Arc::new(Registration::new::<sequential>(State::new()));
        Self {
            name: "ours",
            sizes: [1000, 2000],
            registrations: [Arc::clone(&registration), registration],
        }
    }

    /// Many different steps one after another: ids were hashed at compile time. Only 250, since a longer function takes minutes to compile.
    #[must_use]
    pub fn straight() -> Self {
        Self {
            name: "ours-straight",
            sizes: [125, 250],
            registrations: [
                Arc::new(Registration::new::<straight_125>(State::new())),
                Arc::new(Registration::new::<straight_250>(State::new())),
            ],
        }
    }

    fn run(&self, runtime: &Runtime, n: usize, invocation: &[u8], backend: Arc<NullBackend>) {
        let [small, large] = &self.registrations;
        let registration = if n <= self.sizes[0] { small } else { large };
        let outcome = runtime.block_on(async {
            let input: InvocationInput = {
                // As our Lambda host reads it: checked as text once, then parsed.
                let text = std::str::from_utf8(invocation).expect("an invocation is text");
                serde_json::from_str(text).expect("an invocation's input")
            };
            let options = InvocationOptions::default();
            Invocation::new(Arc::clone(registration), backend, input, options)
                .run()
                .await
        });
        let expected = (n * RESULT_CHARS).to_string();
        assert!(
            matches!(&outcome, Outcome::Succeeded(total) if *total == expected),
            "{outcome:?}"
        );
    }
}

impl Subject for Ours {
    fn name(&self) -> &'static str {
        self.name
    }

    fn sizes(&self) -> [usize; 2] {
        self.sizes
    }

    fn record(&self, runtime: &Runtime, n: usize) -> Vec<Recorded> {
        let backend = Arc::new(NullBackend {
            log: Some(Mutex::default()),
            ..NullBackend::default()
        });
        self.run(runtime, n, &first_invocation(n), Arc::clone(&backend));
        let log = backend.log.as_ref().expect("made above");
        std::mem::take(&mut *log.lock().expect("no poison"))
    }

    fn replay(&self, runtime: &Runtime, n: usize, invocation: &[u8]) {
        let backend = Arc::new(NullBackend::default());
        self.run(runtime, n, invocation, Arc::clone(&backend));
        assert_eq!(backend.calls.load(Ordering::Relaxed), 0, "it only replayed");
    }

    fn live(&self, runtime: &Runtime, n: usize) -> u64 {
        let backend = Arc::new(NullBackend::default());
        self.run(runtime, n, &first_invocation(n), Arc::clone(&backend));
        backend.calls.load(Ordering::Relaxed)
    }
}
