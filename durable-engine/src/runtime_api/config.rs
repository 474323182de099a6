//! [`Bootstrap`]: how a function's processes are started.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::endpoint::Endpoint;
use super::logs::Logs;
use super::pool::Bootstraps;

/// How a function's processes are started. See the [module](super) for an example.
#[derive(Clone, Debug)]
#[must_use = "nothing can be invoked before `.start()`"]
pub struct Bootstrap {
    pub(super) name: String,
    pub(super) command: Vec<String>,
    pub(super) env: BTreeMap<String, String>,
    pub(super) handler: Option<String>,
    pub(super) current_dir: Option<PathBuf>,
    pub(super) region: String,
    pub(super) memory_mb: u32,
    pub(super) timeout: Duration,
    pub(super) init_timeout: Duration,
    pub(super) idle_timeout: Duration,
    pub(super) concurrency: usize,
    pub(super) endpoint: Option<Endpoint>,
    pub(super) log_file: Option<PathBuf>,
}

impl Bootstrap {
    /// The function of this name runs this command: the program and its arguments. A relative program with a slash in it is looked for in
    /// [`current_dir`](Self::current_dir), one without in `PATH`.
    pub fn new(
        name: impl Into<String>,
        command: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        Self {
            name: name.into(),
            command: command.into_iter().map(Into::into).collect(),
            env: BTreeMap::new(),
            handler: None,
            current_dir: None,
            region: "us-east-1".to_owned(),
            memory_mb: 128,
            timeout: Duration::from_secs(60),
            init_timeout: Duration::from_secs(30),
            idle_timeout: Duration::from_mins(5),
            concurrency: 10,
            endpoint: None,
            log_file: None,
        }
    }

    /// Sets an environment variable for the function, also one that would have another value otherwise.
    pub fn env(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.env.insert(name.into(), value.into());
        self
    }

    /// What `_HANDLER` holds; the command's last argument unless said otherwise, which is the handler for the runtimes of other languages.
    pub fn handler(mut self, handler: impl Into<String>) -> Self {
        self.handler = Some(handler.into());
        self
    }

    /// The folder with the function's code, in which it runs; the engine's own unless said otherwise.
    pub fn current_dir(mut self, folder: impl Into<PathBuf>) -> Self {
        self.current_dir = Some(folder.into());
        self
    }

    /// What `AWS_REGION` holds; `us-east-1` unless said otherwise.
    pub fn region(mut self, region: impl Into<String>) -> Self {
        self.region = region.into();
        self
    }

    /// What `AWS_LAMBDA_FUNCTION_MEMORY_SIZE` says, in MB; 128 unless said otherwise. Nothing enforces it.
    pub fn memory_mb(mut self, megabytes: u32) -> Self {
        self.memory_mb = megabytes;
        self
    }

    /// How long an invocation may take; 60 s unless said otherwise. A process that takes longer is killed.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// How long a new process may take until it asks for its first event; 30 s unless said otherwise.
    pub fn init_timeout(mut self, timeout: Duration) -> Self {
        self.init_timeout = timeout;
        self
    }

    /// How long a process without work is kept; 5 minutes unless said otherwise.
    pub fn idle_timeout(mut self, timeout: Duration) -> Self {
        self.idle_timeout = timeout;
        self
    }

    /// How many invocations run at the same time, 10 unless said otherwise and at least one. Further ones queue.
    pub fn concurrency(mut self, invocations: usize) -> Self {
        self.concurrency = invocations.max(1);
        self
    }

    /// Where the function reaches the service: `AWS_ENDPOINT_URL_LAMBDA`. A durable function needs it.
    pub fn endpoint_url(mut self, url: impl Into<Endpoint>) -> Self {
        self.endpoint = Some(url.into());
        self
    }

    /// The file that all its processes' output is appended to, line by line; folders are made. Without one it goes to this process's standard error, with the
    /// function's name before each line.
    pub fn log_file(mut self, path: impl AsRef<Path>) -> Self {
        self.log_file = Some(path.as_ref().to_owned());
        self
    }

    /// The function, ready to be invoked. No process starts yet.
    ///
    /// # Errors
    /// When there is no command, or the log file can't be written.
    pub fn start(self) -> io::Result<Bootstraps> {
        if self.command.is_empty() {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                format!("function `{}` has an empty command", self.name),
            ));
        }
        let logs = match &self.log_file {
            Some(path) => Logs::to_file(path)?,
            None => Logs::to_stderr(&self.name),
        };
        Ok(Bootstraps::new(self, logs))
    }

    /// The program, so that it is found whatever folder it is started in.
    pub(super) fn program(&self) -> PathBuf {
        let program = Path::new(self.command.first().map_or("", String::as_str));
        let inside = match &self.current_dir {
            Some(folder) if program.components().count() > 1 => folder.join(program),
            _ if program.components().count() > 1 => program.to_owned(),
            _ => return program.to_owned(),
        };
        std::path::absolute(&inside).unwrap_or(inside)
    }
}
