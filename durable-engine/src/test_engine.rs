//! [`TestEngine`]: the same engine in memory and in virtual time.

use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use durable_runtime::host::{InvocationOptions, Registration};
use durable_runtime::{Plugin, Workflow, WorkflowFn};

use crate::builder::EngineBuilder;
use crate::clock::{Clock, VirtualClock};
use crate::engine::Engine;
use crate::error::EngineError;
use crate::function::{Function, FunctionConfig};
use crate::host::{Faults, Ids};
use crate::store::{MemoryStore, Store};

/// An engine for tests: in memory, in virtual time, with counted instead of random ids, and strict about what a workflow leaves unreached.
///
/// Time stands still while anything runs. When nothing does and somebody waits for a result, it jumps to the next timer, so a workflow that sleeps for
/// a year takes no time. Timeouts of steps are real time, because step bodies are real code.
///
/// ```
/// use durable_engine::TestEngine;
/// use durable_runtime::prelude::*;
///
/// #[durable_workflow]
/// async fn patient() -> Result<String> {
///     sleep(Duration::from_hours(24 * 365)).await;
///     Ok("done".to_owned())
/// }
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// let engine = TestEngine::builder().register(patient).start().await?;
/// let run = engine.start(patient, ()).await?;
/// assert_eq!(run.result().await?, "done");
/// assert_eq!(engine.elapsed(), std::time::Duration::from_hours(24 * 365));
/// # Ok::<(), Box<dyn std::error::Error>>(()) }).unwrap();
/// ```
#[derive(Clone, Debug)]
pub struct TestEngine {
    engine: Engine,
    clock: VirtualClock,
    memory: Memory,
}

/// What outlives a test engine that crashes.
#[derive(Clone)]
struct Memory {
    store: Arc<dyn Store>,
    clock: VirtualClock,
    ids: Arc<AtomicU64>,
}

impl std::fmt::Debug for Memory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Memory").finish_non_exhaustive()
    }
}

/// A test engine that has not started yet.
#[derive(Debug)]
#[must_use = "an engine does nothing before `.start().await`"]
pub struct TestEngineBuilder {
    builder: EngineBuilder,
    memory: Memory,
}

impl TestEngine {
    /// A new one with nothing in it.
    pub fn builder() -> TestEngineBuilder {
        Self::on(Arc::new(MemoryStore::new()))
    }

    /// One on a store of the caller's own, to try what a store's failures do.
    pub fn on(store: Arc<dyn Store>) -> TestEngineBuilder {
        TestEngineBuilder::on(Memory {
            store,
            clock: VirtualClock::new(),
            ids: Arc::new(AtomicU64::new(1)),
        })
    }

    /// Kills the engine where it stands, as `kill -9` would, and gives a builder for one that finds what was recorded. Register the workflows again, changed
    /// ones if that is what the test is about.
    pub fn crash(self) -> TestEngineBuilder {
        let Self { engine, memory, .. } = self;
        engine.host().abort();
        TestEngineBuilder::on(memory)
    }

    /// Moves virtual time, whoever waits.
    pub fn advance(&self, duration: Duration) {
        self.clock.advance(duration);
    }

    /// How much virtual time has passed since the first engine of this test started.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.clock
            .now()
            .saturating_duration_since(VirtualClock::EPOCH)
    }
}

impl Deref for TestEngine {
    type Target = Engine;

    fn deref(&self) -> &Engine {
        &self.engine
    }
}

impl TestEngineBuilder {
    fn on(memory: Memory) -> Self {
        let mut builder = EngineBuilder::on(Arc::clone(&memory.store));
        builder.clock = Arc::new(memory.clock.clone());
        builder.settings.ids = Ids::Counted(Arc::clone(&memory.ids));
        builder.settings.virtual_clock = Some(memory.clock.clone());
        let mut options = InvocationOptions::default();
        options.strict = true;
        builder.settings.invocation = options;
        Self { builder, memory }
    }

    /// See [`EngineBuilder::register`].
    pub fn register<W: Workflow, Arguments>(
        mut self,
        workflow: impl WorkflowFn<W, Arguments>,
    ) -> Self {
        self.builder = self.builder.register(workflow);
        self
    }

    /// See [`EngineBuilder::register_with`].
    pub fn register_with<W: Workflow, Arguments>(
        mut self,
        workflow: impl WorkflowFn<W, Arguments>,
        adjust: impl FnOnce(Registration) -> Registration + Send + 'static,
    ) -> Self {
        self.builder = self.builder.register_with(workflow, adjust);
        self
    }

    /// See [`EngineBuilder::function`].
    pub fn function(mut self, config: FunctionConfig, function: impl Function) -> Self {
        self.builder = self.builder.function(config, function);
        self
    }

    /// See [`EngineBuilder::state`].
    pub fn state<T: Clone + Send + 'static>(mut self, value: T) -> Self {
        self.builder = self.builder.state(value);
        self
    }

    /// See [`EngineBuilder::plugin`].
    pub fn plugin(mut self, plugin: impl Plugin) -> Self {
        self.builder = self.builder.plugin(plugin);
        self
    }

    /// Keeps no parked workflow in memory: everything that wakes up is replayed.
    pub fn evict_always(mut self) -> Self {
        self.builder.settings.max_resident = 0;
        self
    }

    /// Replays the workflow from its history after every checkpoint. The history is the same as without.
    pub fn replay_every_checkpoint(mut self) -> Self {
        self.builder.settings.invocation.replay_every_checkpoint = true;
        self
    }

    /// Kills each invocation after every checkpoint that it makes, as if the process had died right after the write. An at-most-once step never gets past this: it is
    /// interrupted between its START and its body, in each of its attempts.
    pub fn crash_after_each_checkpoint(mut self) -> Self {
        self.builder.settings.crash_after_each_checkpoint = true;
        self
    }

    /// Has things go wrong between the workflows and the engine, as the seed decides: checkpoints and their answers are lost, come twice, late or throttled, one with
    /// a stale token comes before them, histories come in small pages, and workflows that wait are dropped from memory and replayed. At most 32 calls
    /// go wrong, so that everything comes to an end, and what a workflow returns is what it returns without.
    ///
    /// On a runtime with one thread (`#[tokio::test]`'s own) a seed gives the same run again. For faults of the process itself, see
    /// [`TestEngine::crash_everywhere`].
    ///
    /// ```
    /// use durable_engine::TestEngine;
    /// use durable_runtime::prelude::*;
    ///
    /// #[step]
    /// async fn charge(cents: u32) -> Result<u32> { Ok(cents) }
    ///
    /// #[durable_workflow]
    /// async fn pay(cents: u32) -> Result<u32> {
    ///     let paid = charge(cents).await?;
    ///     sleep(Duration::from_hours(24)).await;
    ///     Ok(paid)
    /// }
    ///
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// for seed in 0..50 {
    ///     let engine = TestEngine::builder().register(pay).with_faults(seed).start().await?;
    ///     let run = engine.start(pay, 700).await?;
    ///     assert_eq!(run.result().await?, 700, "seed {seed}");
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(()) }).unwrap();
    /// ```
    pub fn with_faults(mut self, seed: u64) -> Self {
        self.builder.settings.faults = Some(Arc::new(Faults::new(seed)));
        self
    }

    /// The store that outlives a crash.
    pub(crate) fn store(&self) -> Arc<dyn Store> {
        Arc::clone(&self.memory.store)
    }

    /// Has the engine read and write through another store, one in front of its own.
    pub(crate) fn through(mut self, front: Arc<dyn Store>) -> Self {
        self.builder.store = front;
        self
    }

    /// Lets a workflow return although its history holds operations that it didn't reach. Without this that is an error in tests.
    pub fn lenient(mut self) -> Self {
        self.builder.settings.invocation.strict = false;
        self
    }

    /// Starts the engine.
    ///
    /// # Errors
    /// When two workflows have one name.
    pub async fn start(self) -> Result<TestEngine, EngineError> {
        let Self { builder, memory } = self;
        let clock = memory.clock.clone();
        Ok(TestEngine {
            engine: builder.start().await?,
            clock,
            memory,
        })
    }
}
