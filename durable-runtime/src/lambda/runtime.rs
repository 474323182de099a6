//! [`Runtime`]: what a bootstrap process is told before it serves.

use std::future::Future;
use std::pin::Pin;

use lambda_runtime::layers::TracingLayer;
use tokio::runtime::{Builder, Handle, RuntimeFlavor};
use tokio::sync::oneshot;

use super::backend::Client;
use super::ending::EndOutlived;
use super::environment::process_environment;
use super::error::Error;
#[cfg(feature = "lambda-lean")]
use super::lean::LeanClient;
#[cfg(feature = "json-log")]
use super::logging::Logging;
use super::service::Service;
use crate::plugin::{Plugin, Plugins};
use crate::registration::{Registration, State, Workflow};

/// Without these there is nobody to serve.
const ON_LAMBDA: [&str; 4] = [
    "AWS_LAMBDA_RUNTIME_API",
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_VERSION",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
];

/// One worker polls the workflow, whose steps may block it; another sends checkpoints meanwhile.
const WORKERS: usize = 2;

type Register = Box<dyn FnOnce(State) -> Registration + Send>;

/// A workflow as a Lambda function, before it serves. Made by [`host`](super::host).
#[must_use = "a Lambda function does nothing before `.run().await`"]
pub struct Runtime {
    register: Register,
    state: State,
    plugins: Plugins,
    client: Option<Client>,
    #[cfg(feature = "json-log")]
    logging: Logging,
}

impl std::fmt::Debug for Runtime {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Runtime")
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}

impl Runtime {
    pub(super) fn new<W: Workflow>() -> Self {
        Self {
            register: Box::new(Registration::new::<W>),
            state: State::new(),
            plugins: Plugins::new(),
            client: None,
            #[cfg(feature = "json-log")]
            logging: Logging::Quiet,
        }
    }

    /// Gives the workflow a value for its `#[state]` parameters of this type.
    pub fn state<T: Clone + Send + 'static>(mut self, value: T) -> Self {
        self.state = self.state.with(value);
        self
    }

    /// Says something about the workflow's registration, such as a retired site.
    pub fn adjust(
        mut self,
        adjust: impl FnOnce(Registration) -> Registration + Send + 'static,
    ) -> Self {
        let register = self.register;
        self.register = Box::new(move |state| adjust(register(state)));
        self
    }

    /// Adds a plugin that watches the workflow's executions, after those it has. See [`Plugin`].
    pub fn plugin(mut self, plugin: impl Plugin) -> Self {
        self.plugins = self.plugins.with(plugin);
        self
    }

    /// Has workflow code log also what it logged in earlier invocations. Without this, [`run`](Self::run) leaves out events that a replay repeats.
    #[cfg(feature = "json-log")]
    pub fn replay_logging(mut self) -> Self {
        self.logging = Logging::Replays;
        self
    }

    /// Sets up no log. Otherwise [`run`](Self::run) has events of `tracing` written to stdout as JSON lines (see [`JsonLog`](crate::JsonLog)), from INFO or from
    /// what `RUST_LOG` or the function's own log level say, unless there is a global subscriber already.
    #[cfg(feature = "json-log")]
    pub fn without_logging(mut self) -> Self {
        self.logging = Logging::Off;
        self
    }

    /// Calls the service with this client of the AWS SDK instead of one made from Lambda's environment variables: for credentials or an HTTP client of one's own.
    #[cfg(feature = "lambda")]
    pub fn client(mut self, client: aws_sdk_lambda::Client) -> Self {
        self.client = Some(Client::Sdk(client));
        self
    }

    /// Calls the service with this client. Needed where the feature `lambda` is on too, which otherwise decides for the AWS SDK, and for a client of one's own.
    ///
    /// ```no_run
    /// use durable_runtime::lambda::{self, LeanClient};
    /// use durable_runtime::prelude::*;
    ///
    /// #[durable_workflow]
    /// async fn greet(name: String) -> Result<String> {
    ///     Ok(format!("Hello, {name}!"))
    /// }
    ///
    /// fn main() -> std::result::Result<(), lambda::Error> {
    ///     let client = LeanClient::from_environment().max_attempts(5);
    ///     lambda::host(greet).lean_client(client).run_blocking()
    /// }
    /// ```
    #[cfg(feature = "lambda-lean")]
    pub fn lean_client(mut self, client: LeanClient) -> Self {
        self.client = Some(Client::Lean(client));
        self
    }

    /// Serves until Lambda ends the process.
    ///
    /// Runs on the caller's tokio runtime when that has two workers or more, else on one of its own: a checkpoint must be able to leave while a step blocks its thread.
    ///
    /// # Errors
    /// When the process doesn't run on Lambda, or its Runtime API is gone.
    pub async fn run(self) -> Result<(), Error> {
        let handle = Handle::current();
        if handle.runtime_flavor() == RuntimeFlavor::MultiThread
            && handle.metrics().num_workers() >= WORKERS
        {
            return self.serve().await;
        }
        let (ended, end) = oneshot::channel();
        std::thread::Builder::new()
            .name("durable-lambda".to_owned())
            .spawn(move || {
                // Whoever waited is gone if this fails.
                let _ = ended.send(self.run_blocking());
            })
            .map_err(Error::Threads)?;
        end.await.unwrap_or_else(|_| {
            Err(Error::RuntimeApi(
                "the thread that served it panicked".into(),
            ))
        })
    }

    /// [`run`](Self::run) for a `main` that isn't async.
    ///
    /// # Errors
    /// As [`run`](Self::run), or when the system gives no threads.
    pub fn run_blocking(self) -> Result<(), Error> {
        let workers = std::thread::available_parallelism().map_or(WORKERS, |cores| cores.get());
        Builder::new_multi_thread()
            .worker_threads(workers.max(WORKERS))
            .enable_all()
            .build()
            .map_err(Error::Threads)?
            .block_on(self.serve())
    }

    /// The workflow as a service of `lambda_runtime`, for a `main` that adds layers of its own.
    pub fn into_service(self) -> Service {
        let registration = (self.register)(self.state).plugins(&self.plugins);
        let client = self.client.unwrap_or_else(Client::from_environment);
        Service::new(registration, client)
    }

    async fn serve(mut self) -> Result<(), Error> {
        let environment = process_environment();
        // The crate beneath panics without them.
        if let Some(missing) = ON_LAMBDA
            .into_iter()
            .find(|name| environment(name).is_none())
        {
            return Err(Error::NotOnLambda { missing });
        }
        #[cfg(feature = "json-log")]
        self.logging.install(&environment);
        let client = self.client.get_or_insert_with(Client::from_environment);
        if let Some(reason) = client.problem() {
            return Err(Error::NoService {
                reason: reason.to_owned(),
            });
        }
        serving(self.into_service())
            .await
            .map_err(Error::RuntimeApi)
    }
}

/// The loop over Lambda's events. Boxed in a function of its own: the compiler copies what stands in an `async` block into everything that awaits it.
fn serving(
    service: Service,
) -> Pin<Box<dyn Future<Output = Result<(), lambda_runtime::Error>> + Send>> {
    Box::pin(
        lambda_runtime::Runtime::new(service.clone())
            .layer(TracingLayer::new())
            .layer(EndOutlived(service))
            .run_concurrent(),
    )
}
