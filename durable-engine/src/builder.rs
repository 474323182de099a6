//! [`EngineBuilder`]: what an engine needs before it starts.

use std::path::Path;
use std::sync::Arc;

use durable_runtime::host::{InvocationOptions, Registration, State};
use durable_runtime::{Plugin, Plugins, Workflow, WorkflowFn};

use crate::clock::{Clock, SystemClock};
use crate::engine::Engine;
use crate::error::EngineError;
use crate::function::{Function, FunctionConfig};
use crate::host::{Host, Ids, Registered, Settings, Target, Targets};
use crate::service::names::Home;
use crate::store::{MemoryStore, SqliteStore, Store};

type Register = Box<dyn FnOnce(State) -> Registration + Send>;

/// An engine that has not started yet: register workflows and give it their state.
#[must_use = "an engine does nothing before `.start().await`"]
pub struct EngineBuilder {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) settings: Settings,
    registrations: Vec<Register>,
    functions: Vec<Registered>,
    state: State,
    plugins: Plugins,
}

impl std::fmt::Debug for EngineBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EngineBuilder")
            .field("workflows", &self.registrations.len())
            .field("functions", &self.functions)
            .finish_non_exhaustive()
    }
}

impl EngineBuilder {
    pub(crate) fn on(store: Arc<dyn Store>) -> Self {
        Self {
            store,
            clock: Arc::new(SystemClock),
            settings: Settings {
                ids: Ids::Random,
                home: Home::default(),
                max_resident: 10_000,
                retention_days: None,
                invocation: InvocationOptions::default(),
                crash_after_each_checkpoint: false,
                faults: None,
                virtual_clock: None,
            },
            registrations: Vec::new(),
            functions: Vec::new(),
            state: State::new(),
            plugins: Plugins::new(),
        }
    }

    pub(crate) fn open(path: &Path) -> Result<Self, EngineError> {
        Ok(Self::on(Arc::new(SqliteStore::open(path)?)))
    }

    pub(crate) fn in_memory() -> Self {
        Self::on(Arc::new(MemoryStore::new()))
    }

    /// Adds a workflow: `.register(fulfil)`.
    pub fn register<W: Workflow, Arguments>(self, workflow: impl WorkflowFn<W, Arguments>) -> Self {
        self.register_with(workflow, |registration| registration)
    }

    /// Adds a workflow whose registration needs something said about it, such as a retired site.
    pub fn register_with<W: Workflow, Arguments>(
        mut self,
        _workflow: impl WorkflowFn<W, Arguments>,
        adjust: impl FnOnce(Registration) -> Registration + Send + 'static,
    ) -> Self {
        self.registrations
            .push(Box::new(move |state| adjust(Registration::new::<W>(state))));
        self
    }

    /// Adds a function that the service's callers, and workflows, invoke by its name: a durable one, whose invocations are executions
    /// like those of a workflow, or a plain one.
    ///
    /// An invocation that fails (the function answers with an error or not at all, its process ends, it takes too long, or the answer is
    /// not that of a durable function) is made again after 1 s, 2 s, 4 s, … up to 5 min, until the execution's timeout. The delay
    /// begins anew after an invocation that has checkpointed something.
    pub fn function(mut self, config: FunctionConfig, function: impl Function) -> Self {
        self.functions.push(Registered {
            config,
            function: Box::new(function),
        });
        self
    }

    /// The region that ARNs name; `xx-local-1`, which doesn't exist, unless said otherwise.
    pub fn region(mut self, region: impl Into<String>) -> Self {
        self.settings.home.region = region.into();
        self
    }

    /// The account that ARNs name, twelve digits; zeros unless said otherwise.
    pub fn account(mut self, account: impl Into<String>) -> Self {
        self.settings.home.account = account.into();
        self
    }

    /// Gives the workflows a value for their `#[state]` parameters of this type.
    pub fn state<T: Clone + Send + 'static>(mut self, value: T) -> Self {
        self.state = self.state.with(value);
        self
    }

    /// Adds a plugin that watches all executions of this engine, after those it has. See [`Plugin`].
    pub fn plugin(mut self, plugin: impl Plugin) -> Self {
        self.plugins = self.plugins.with(plugin);
        self
    }

    /// The clock that all deadlines and timestamps go by; [`SystemClock`] unless said otherwise. For programs that keep another time, and for tests of what a
    /// wrong clock does: a [`TestEngine`](crate::TestEngine) has virtual time of its own.
    ///
    /// ```
    /// use durable_engine::{Engine, VirtualClock};
    ///
    /// # tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap().block_on(async {
    /// let clock = VirtualClock::new();
    /// let engine = Engine::in_memory().clock(clock.clone()).start().await?;
    /// # let _ = engine; Ok::<(), durable_engine::EngineError>(()) }).unwrap();
    /// ```
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// How many parked workflows are kept in memory, ready to go on without replay; 10,000 unless said otherwise. The others are read from the store
    /// and replayed when something happens to them, and of those that only wait not much more than half as many are in memory at any time. One
    /// that waits for what it has invoked stays there with its history, without its workflow.
    pub fn max_resident(mut self, executions: usize) -> Self {
        self.settings.max_resident = executions;
        self
    }

    /// Removes executions of workflows so many days after their end, with their histories. Without this they are kept; functions have a
    /// retention of their own.
    ///
    /// An execution that restarts has ended, and goes as others do, though its successors run: the id that a chain was started under is free again then, and starts
    /// another chain. Give such a workflow another id for each chain, or more days than a chain takes.
    pub fn retention_days(mut self, days: u32) -> Self {
        self.settings.retention_days = Some(days);
        self
    }

    /// Starts the engine: overdue timers fire, and executions that were running when the last process ended go on.
    ///
    /// # Errors
    /// When the database can't be read, or two workflows or functions have one name.
    pub async fn start(self) -> Result<Engine, EngineError> {
        let Self {
            store,
            clock,
            settings,
            registrations,
            functions,
            state,
            plugins,
        } = self;
        let mut targets = Targets::default();
        for register in registrations {
            let registration = Arc::new(register(state.clone()).plugins(&plugins));
            targets.add(registration.name(), Target::Workflow(registration.clone()))?;
        }
        for function in functions {
            let name = function.config.name.clone();
            targets.add(&name, Target::Function(Arc::new(function)))?;
        }
        let host = Host::start(store, clock, settings, targets).await?;
        Ok(Engine::new(host))
    }
}
