//! Connections: how many there are, and how long each may take for what.

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_io_timeout::TimeoutStream;

use super::handler::{self, Shared};

/// How long a head may take, and so how long a connection may be idle. hyper's own default.
const HEAD_TIME: Duration = Duration::from_secs(30);
/// The largest head, in bytes. The longest that the model allows is some 15 KB: a callback's id or two tokens in the path, a client context, a session token.
const HEAD_MAX: usize = 64 * 1024;
/// The most headers. hyper's own default.
const HEADERS_MAX: usize = 100;
/// How long a client may read nothing of its answer.
const WRITE_TIME: Duration = Duration::from_secs(60);
/// The most connections where files are no matter.
const CONNECTIONS_MAX: usize = 4_096;
/// How long nobody is let in when the system has no room for another connection.
const PAUSE: Duration = Duration::from_secs(1);

/// How many connections a server has at most when nobody says: half of the files that the process may have open, so that the database and the functions have theirs.
pub(super) fn most() -> usize {
    #[cfg(unix)]
    {
        let files = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
        let half = files.and_then(|files| usize::try_from(files / 2).ok());
        half.unwrap_or(CONNECTIONS_MAX).clamp(1, CONNECTIONS_MAX)
    }
    #[cfg(not(unix))]
    CONNECTIONS_MAX
}

/// The connections of a server. Those that are still open are closed when it is dropped.
pub(super) struct Connections {
    shared: Shared,
    slots: Arc<Semaphore>,
    graceful: GracefulShutdown,
    tasks: JoinSet<()>,
}

impl Connections {
    pub(super) fn new(shared: Shared, most: usize) -> Self {
        Self {
            shared,
            slots: Arc::new(Semaphore::new(most.min(Semaphore::MAX_PERMITS))),
            graceful: GracefulShutdown::new(),
            tasks: JoinSet::new(),
        }
    }

    /// Lets connections in, for ever.
    pub(super) async fn accept(&mut self, listener: &TcpListener) {
        // The semaphore is never closed.
        while let Ok(slot) = Arc::clone(&self.slots).acquire_owned().await {
            match listener.accept().await {
                Ok((stream, _)) => {
                    let serving = serve(stream, self.shared.clone(), self.graceful.watcher());
                    self.tasks.spawn(async move {
                        serving.await;
                        drop(slot);
                    });
                }
                Err(error) if is_of_the_connection(&error) => {}
                Err(error) => {
                    tracing::warn!(%error, "can't take connections; trying again in a second");
                    tokio::time::sleep(PAUSE).await;
                }
            }
            while self.tasks.try_join_next().is_some() {}
        }
    }

    /// Waits for the requests that are under way. No connection takes another one.
    pub(super) async fn end(self) {
        let Self {
            graceful, tasks, ..
        } = self;
        graceful.shutdown().await;
        drop(tasks);
    }
}

/// Whether a client went away before it was let in.
fn is_of_the_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(
        error.kind(),
        ConnectionAborted | ConnectionRefused | ConnectionReset
    )
}

fn serve(stream: TcpStream, shared: Shared, watcher: Watcher) -> impl Future<Output = ()> {
    // Answers are small, and somebody waits for each.
    let _ = stream.set_nodelay(true);
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(WRITE_TIME));
    let service = service_fn(move |request: http::Request<Incoming>| {
        let answer = handler::answer(shared.clone(), request.map(Body::new));
        async { Ok::<_, Infallible>(answer.await) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIME)
        .max_buf_size(HEAD_MAX)
        .max_headers(HEADERS_MAX)
        .serve_connection(TokioIo::new(Box::pin(stream)), service);
    let connection = watcher.watch(connection);
    async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "a connection ended before its request was answered");
        }
    }
}
