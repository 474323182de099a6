//! [`Process`]: one child process, the API it is served, and the invocations that it is given one after the other.

use std::io;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::process::{Child, Command};
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::{AbortOnDropHandle, TaskTracker};

use super::config::Bootstrap;
use super::group::Group;
use super::logs::Logs;
use super::output::Output;
use super::session::{Answer, Session};
use super::{api, environment, failure};
use crate::function::FunctionRequest;

/// How long an answer may still be on its way when the process that sent it is gone already.
const LAST_WORDS: Duration = Duration::from_millis(50);

/// How long what a process has printed may take to be read when it is gone.
const LAST_LINES: Duration = Duration::from_millis(500);

/// Killed when dropped.
#[derive(Debug)]
pub(super) struct Process {
    session: Arc<Session>,
    exit: watch::Receiver<Option<ExitStatus>>,
    outputs: Vec<Output>,
    /// It has answered an invocation.
    warm: bool,
    stop: CancellationToken,
    _stop_on_drop: DropGuard,
    _api: AbortOnDropHandle<()>,
}

/// How an invocation went that was given to a process.
#[derive(Debug)]
pub(super) enum Served {
    /// The process can be given another one.
    Answered(Answer),
    /// The process is of no use any more.
    Broken(Answer),
    /// The process had ended while it waited; this invocation never began.
    Gone,
}

impl Process {
    pub(super) async fn start(
        config: &Bootstrap,
        logs: &Logs,
        endpoint: Option<&str>,
        stop: CancellationToken,
        processes: &TaskTracker,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?.to_string();
        let mut command = Command::new(config.program());
        command
            .args(config.command.iter().skip(1))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        if let Some(folder) = &config.current_dir {
            command.current_dir(folder);
        }
        environment::set(&mut command, config, &address, endpoint);
        Group::prepare(&mut command);
        let mut child = command.spawn().map_err(|error| {
            let program = config.program();
            let program = program.display();
            io::Error::new(error.kind(), format!("can't start {program}: {error}"))
        })?;
        let group = Group::of(&child);

        let session = Arc::new(Session::default());
        let router = api::router(Arc::clone(&session), config.timeout);
        let serving = tokio::spawn(async move {
            // Ends with the process at the latest, whatever ends it.
            let _ = axum::serve(listener, router).await;
        });
        let stdout = child.stdout.take();
        let stderr = child.stderr.take();
        let outputs = [
            stdout.map(|pipe| Output::read(pipe, logs.clone())),
            stderr.map(|pipe| Output::read(pipe, logs.clone())),
        ];
        let (ended, exit) = watch::channel(None);
        processes.spawn(watch_over(child, group, stop.clone(), ended));
        Ok(Self {
            session,
            exit,
            outputs: outputs.into_iter().flatten().collect(),
            warm: false,
            _stop_on_drop: stop.clone().drop_guard(),
            stop,
            _api: AbortOnDropHandle::new(serving),
        })
    }

    pub(super) fn is_alive(&self) -> bool {
        self.exit.borrow().is_none()
    }

    /// Gives it an invocation, and waits for the end of that.
    pub(super) async fn serve(&mut self, request: FunctionRequest, config: &Bootstrap) -> Served {
        let request_id = request.request_id.clone();
        let mut offered = self.session.offer(request);
        let fetch_within = if self.warm {
            config.timeout
        } else {
            config.init_timeout
        };
        tokio::select! {
            biased;
            // It could not initialise.
            Ok(answer) = &mut offered.answer => return self.broken(answer).await,
            Ok(()) = &mut offered.fetched => {}
            status = exited(&mut self.exit) => {
                if self.warm {
                    return Served::Gone;
                }
                return self.broken(Err(failure::exited(&request_id, status))).await;
            }
            () = tokio::time::sleep(fetch_within) => {
                let late = if self.warm { failure::timed_out } else { failure::init_timed_out };
                return self.broken(Err(late(&request_id, fetch_within))).await;
            }
        }
        let answer = tokio::select! {
            biased;
            Ok(answer) = &mut offered.answer => answer,
            status = exited(&mut self.exit) => {
                let answer = match timeout(LAST_WORDS, offered.answer).await {
                    Ok(Ok(answer)) => answer,
                    _ => Err(failure::exited(&request_id, status)),
                };
                return self.broken(answer).await;
            }
            () = tokio::time::sleep(config.timeout) => {
                return self.broken(Err(failure::timed_out(&request_id, config.timeout))).await;
            }
        };
        self.warm = true;
        for output in &self.outputs {
            output.caught_up().await;
        }
        Served::Answered(answer)
    }

    /// The process goes, and what it has printed goes into the log first.
    async fn broken(&mut self, answer: Answer) -> Served {
        self.stop.cancel();
        let gone = async {
            exited(&mut self.exit).await;
            for output in &mut self.outputs {
                output.ended().await;
            }
        };
        if timeout(LAST_LINES, gone).await.is_err() {
            tracing::debug!("a process that was killed still holds on to its output");
        }
        Served::Broken(answer)
    }
}

async fn exited(exit: &mut watch::Receiver<Option<ExitStatus>>) -> ExitStatus {
    match exit.wait_for(Option::is_some).await {
        Ok(status) => status.unwrap_or_default(),
        // The task that watches over it was dropped, and with it the process.
        Err(_) => ExitStatus::default(),
    }
}

/// Waits for the end of the process, and sees to it that nothing of it is left.
async fn watch_over(
    mut child: Child,
    group: Group,
    stop: CancellationToken,
    ended: watch::Sender<Option<ExitStatus>>,
) {
    let ended_by_itself = tokio::select! {
        status = child.wait() => Some(status),
        () = stop.cancelled() => None,
    };
    drop(group);
    let status = match ended_by_itself {
        Some(status) => status,
        None => child.wait().await,
    };
    ended.send_replace(Some(status.unwrap_or_default()));
}
