//! [`TestEngine::crash_everywhere`]: a workflow, killed at every write that its run makes, once before and once after it.

use std::fmt;
use std::future::{Future, IntoFuture};
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use durable_runtime::wire::ErrorObject;
use durable_runtime::{Workflow, WorkflowFn};
use serde_json::Value;
use thiserror::Error;

use super::crash_store::{CrashStore, Death};
use crate::core::ExecutionStatus;
use crate::error::EngineError;
use crate::host::Problem;
use crate::run::Run;
use crate::test_engine::{TestEngine, TestEngineBuilder};

/// How long one run may take, unless said otherwise.
const PATIENCE: Duration = Duration::from_secs(30);

/// The name of the execution.
const NAME: &str = "crash-everywhere";

type With = Arc<dyn Fn(TestEngineBuilder) -> TestEngineBuilder + Send + Sync>;
type Beside<W> = Arc<dyn Fn(Run<W>) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync>;

/// A test that was not run yet: say what the workflow needs and `.await` it. Made by [`TestEngine::crash_everywhere`].
#[must_use = "nothing runs before this is awaited"]
pub struct CrashEverywhere<W: Workflow> {
    input: Result<Value, Arc<serde_json::Error>>,
    register: With,
    with: With,
    beside: Option<Beside<W>>,
    patience: Duration,
    workflow: PhantomData<fn() -> W>,
}

/// What was tried.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CrashReport {
    /// What the run without a crash wrote, in order.
    pub writes: Vec<String>,
    /// How many runs were killed, and ended as the one that was not.
    pub crashes: usize,
    /// How many runs ended before they came to the write at which they were to be killed: the run does not always write the same.
    pub missed: usize,
}

/// Where a run was killed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CrashPoint {
    /// The number of the write, from 1.
    pub write: usize,
    /// The last event of that write, with its operation's name.
    pub about: String,
    /// Whether the write is stored, and only the news of it was lost.
    pub stored: bool,
}

impl fmt::Display for CrashPoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let when = if self.stored { "after" } else { "before" };
        write!(f, "{when} write {}, {}", self.write, self.about)
    }
}

/// A workflow did not survive.
#[derive(Clone, Debug, Error)]
#[non_exhaustive]
pub enum CrashFailure {
    /// The test itself can't run.
    #[error("the engine can't run this: {0}")]
    Engine(#[from] EngineError),
    /// The input can't be written as JSON.
    #[error("the input can't be written as JSON: {0}")]
    Input(Arc<serde_json::Error>),
    /// It can't even run without a crash.
    #[error("the run without a crash could not go on: {problem}")]
    Undisturbed {
        /// Why.
        problem: String,
    },
    /// Without any crash it doesn't come to an end.
    #[error("the run without a crash did not end within {} s; does it wait for something that `.beside(..)` should do?", patience.as_secs())]
    NeverEnds {
        /// How long it had.
        patience: Duration,
    },
    /// It ended otherwise than without the crash.
    #[error(
        "killed {at}, it ended otherwise:\n  without the crash: {expected}\n  with it:           {found}"
    )]
    Differs {
        /// Where it was killed.
        at: CrashPoint,
        /// The end without a crash.
        expected: String,
        /// The end with it.
        found: String,
    },
    /// It could not go on.
    #[error("killed {at}, it could not go on: {problem}")]
    Stuck {
        /// Where it was killed.
        at: CrashPoint,
        /// Why.
        problem: String,
    },
    /// It did not come to an end.
    #[error("killed {at}, it did not end within {} s", patience.as_secs())]
    Hangs {
        /// Where it was killed.
        at: CrashPoint,
        /// How long it had.
        patience: Duration,
    },
}

/// How an execution ended, as far as its caller can tell.
#[derive(Clone, Debug, PartialEq, Eq)]
struct End {
    status: ExecutionStatus,
    result: Option<String>,
    error: Option<ErrorObject>,
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.status.as_str())?;
        if let Some(result) = &self.result {
            write!(f, " {result}")?;
        }
        if let Some(error) = &self.error {
            let part = |part: &Option<String>| part.clone().unwrap_or_default();
            write!(
                f,
                " {}: {}",
                part(&error.error_type),
                part(&error.error_message)
            )?;
        }
        Ok(())
    }
}

/// What became of a run.
enum Ran {
    Ended(End),
    Died,
    Stuck(String),
    TooLong,
}

impl TestEngine {
    /// Runs a workflow to its end, and then again for each write that the run made, killing the engine there: once just before the write reaches the store,
    /// once just after it, before anybody hears of it. Each time a new engine goes on from what is stored, and the end has to be the same.
    ///
    /// What the workflow needs besides itself goes into [`with`](CrashEverywhere::with), what happens outside while it runs into
    /// [`beside`](CrashEverywhere::beside). A step whose result depends on how often it ran shows up here, and so does everything else that a replay can't repeat.
    ///
    /// ```
    /// use durable_engine::TestEngine;
    /// use durable_runtime::prelude::*;
    ///
    /// #[step]
    /// async fn charge(cents: u32) -> Result<u32> { Ok(cents) }
    ///
    /// #[durable_workflow]
    /// async fn pay(cents: u32) -> Result<bool> {
    ///     charge(cents).await?;
    ///     let approval = create_callback::<bool>().named("approval").await?;
    ///     Ok(approval.result().await?)
    /// }
    ///
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// let report = TestEngine::crash_everywhere(pay, 700)
    ///     .beside(async |run| {
    ///         // Fails when the callback was completed in an earlier life of the engine, which is fine.
    ///         if let Ok(callback) = run.open_callback("approval").await {
    ///             let _ = callback.succeed(&true).await;
    ///         }
    ///     })
    ///     .await?;
    /// assert!(report.crashes > 6, "{report:?}");
    /// # Ok::<(), Box<dyn std::error::Error>>(()) }).unwrap();
    /// ```
    pub fn crash_everywhere<W: Workflow, Arguments>(
        workflow: impl WorkflowFn<W, Arguments> + Copy + Send + Sync + 'static,
        input: W::Input,
    ) -> CrashEverywhere<W> {
        CrashEverywhere {
            input: serde_json::to_value(&input).map_err(Arc::new),
            register: Arc::new(move |builder| builder.register(workflow)),
            with: Arc::new(|builder| builder),
            beside: None,
            patience: PATIENCE,
            workflow: PhantomData,
        }
    }
}

impl<W: Workflow> CrashEverywhere<W> {
    /// Says what each engine needs: state, more workflows, functions. Called for every engine that is started, several times for each run.
    pub fn with(
        mut self,
        with: impl Fn(TestEngineBuilder) -> TestEngineBuilder + Send + Sync + 'static,
    ) -> Self {
        self.with = Arc::new(with);
        self
    }

    /// Does something while the workflow runs, such as completing its callbacks. Begins anew with each engine, and is dropped when the run ends or is killed.
    pub fn beside<F>(mut self, beside: impl Fn(Run<W>) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.beside = Some(Arc::new(move |run| Box::pin(beside(run))));
        self
    }

    /// How long each run may take in real time; 30 s unless said otherwise.
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    async fn check(self) -> Result<CrashReport, CrashFailure> {
        let input = self.input.clone().map_err(CrashFailure::Input)?;
        let (builder, store) = self.armed(TestEngine::builder(), None);
        let engine = builder.start().await?;
        let expected = match self.run(&engine, &store, &input).await? {
            Ran::Ended(end) => end,
            Ran::Stuck(problem) => return Err(CrashFailure::Undisturbed { problem }),
            Ran::Died | Ran::TooLong => {
                return Err(CrashFailure::NeverEnds {
                    patience: self.patience,
                });
            }
        };
        let writes = store.writes();
        let (mut crashes, mut missed) = (0, 0);
        for write in 1..=writes.len() {
            for stored in [false, true] {
                let death = Death { write, stored };
                if self.killed(death, &input, &expected).await? {
                    crashes += 1;
                } else {
                    missed += 1;
                }
            }
        }
        Ok(CrashReport {
            writes,
            crashes,
            missed,
        })
    }

    fn armed(
        &self,
        builder: TestEngineBuilder,
        death: Option<Death>,
    ) -> (TestEngineBuilder, Arc<CrashStore>) {
        let builder = (self.with)((self.register)(builder));
        let store = Arc::new(CrashStore::new(builder.store(), death));
        (builder.through(store.clone()), store)
    }

    /// One run with one crash. False: it ended before it came to that write.
    async fn killed(
        &self,
        death: Death,
        input: &Value,
        expected: &End,
    ) -> Result<bool, CrashFailure> {
        let (builder, store) = self.armed(TestEngine::builder(), Some(death));
        let engine = builder.start().await?;
        let mut ran = self.run(&engine, &store, input).await?;
        let died = matches!(ran, Ran::Died);
        let at = CrashPoint {
            write: death.write,
            about: store.writes().pop().unwrap_or_default(),
            stored: death.stored,
        };
        if died {
            let (builder, store) = self.armed(engine.crash(), None);
            let engine = builder.start().await?;
            ran = self.run(&engine, &store, input).await?;
        }
        match ran {
            Ran::Ended(found) if found == *expected => Ok(died),
            Ran::Ended(found) => Err(CrashFailure::Differs {
                at,
                expected: expected.to_string(),
                found: found.to_string(),
            }),
            Ran::Stuck(problem) => Err(CrashFailure::Stuck { at, problem }),
            Ran::Died | Ran::TooLong => Err(CrashFailure::Hangs {
                at,
                patience: self.patience,
            }),
        }
    }

    /// Starts the execution, or finds it, and waits for its end or the engine's.
    async fn run(
        &self,
        engine: &TestEngine,
        store: &CrashStore,
        input: &Value,
    ) -> Result<Ran, CrashFailure> {
        let input: W::Input = serde_json::from_value(input.clone())
            .map_err(|error| CrashFailure::Input(Arc::new(error)))?;
        let ended = async {
            let run = engine.start_input::<W>(input).id(NAME).await?;
            let beside = self.beside.as_ref().map(|beside| beside(self.again(&run)));
            let ended = engine.host().ended(run.arn());
            let mut ended = std::pin::pin!(ended);
            if let Some(beside) = beside {
                tokio::select! {
                    ended = &mut ended => return Ok(ended),
                    () = beside => {}
                }
            }
            Ok::<_, EngineError>(ended.await)
        };
        tokio::select! {
            ended = ended => Ok(match ended? {
                Ok(record) => Ran::Ended(End {
                    status: record.status,
                    result: record.result,
                    error: record.error,
                }),
                Err(Problem::Diverged(message) | Problem::Invocation(message)) => Ran::Stuck(message),
                Err(Problem::Engine(error)) => Ran::Stuck(error.to_string()),
            }),
            () = store.died() => Ok(Ran::Died),
            () = tokio::time::sleep(self.patience) => Ok(Ran::TooLong),
        }
    }

    fn again(&self, run: &Run<W>) -> Run<W> {
        Run::new(run.engine().clone(), run.arn().into(), run.id().to_owned())
    }
}

impl<W: Workflow> IntoFuture for CrashEverywhere<W> {
    type Output = Result<CrashReport, CrashFailure>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.check())
    }
}

impl<W: Workflow> fmt::Debug for CrashEverywhere<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CrashEverywhere")
            .field("workflow", &W::DEFINITION.name())
            .field("input", &self.input)
            .finish_non_exhaustive()
    }
}
