//! [`Connection`]: one connection to the service, and [`Pool`], those that wait for the next call.

use std::future::{Future, poll_fn};
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{HeaderMap, Request};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use parking_lot::Mutex;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto::ring};
use tokio_util::either::Either;

use super::endpoint::Endpoint;

/// For TCP and TLS together, as the host's AWS client is set.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// For the request and its whole answer. The host's AWS client gives as much until the answer begins.
const READ_TIMEOUT: Duration = Duration::from_secs(50);
/// How long a connection may lie idle. NAT gateways forget one after 350 s and say nothing, so that the next call would wait for its timeout.
const MAX_IDLE: Duration = Duration::from_secs(60);

type Body = Full<Bytes>;
type Stream = TokioIo<Either<TcpStream, Box<TlsStream<TcpStream>>>>;

/// What came back.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

/// An open connection. Nobody but the call in hand drives it: a task of its own would cost every call two wake-ups across threads.
struct Connection {
    sender: SendRequest<Body>,
    driver: http1::Connection<Stream, Body>,
}

impl Connection {
    async fn open(endpoint: &Endpoint, tls: &TlsConnector) -> io::Result<Self> {
        let tcp = TcpStream::connect((&*endpoint.host, endpoint.port)).await?;
        tcp.set_nodelay(true)?;
        let stream = if endpoint.is_tls {
            let name = ServerName::try_from(endpoint.host.clone()).map_err(io::Error::other)?;
            Either::Right(Box::new(tls.connect(name, tcp).await?))
        } else {
            Either::Left(tcp)
        };
        let (sender, driver) = http1::handshake(TokioIo::new(stream))
            .await
            .map_err(io::Error::other)?;
        Ok(Self { sender, driver })
    }

    async fn call(&mut self, request: Request<Body>) -> Result<Answer, String> {
        let Self { sender, driver } = self;
        let answer = async {
            // On a reused connection this is when the driver notices that the service has closed it.
            sender.ready().await?;
            let (head, body) = sender.send_request(request).await?.into_parts();
            Ok(Answer {
                status: head.status.as_u16(),
                headers: head.headers,
                body: body.collect().await?.to_bytes(),
            })
        };
        drive(driver, answer).await
    }
}

/// Waits for an answer, and moves the connection's bytes meanwhile.
async fn drive(
    driver: &mut http1::Connection<Stream, Body>,
    answer: impl Future<Output = hyper::Result<Answer>>,
) -> Result<Answer, String> {
    let mut answer = pin!(answer);
    poll_fn(|cx| {
        if let Poll::Ready(done) = answer.as_mut().poll(cx) {
            return Poll::Ready(done.map_err(|error| broken_by(&error)));
        }
        let end = Pin::new(&mut *driver).poll(cx);
        // What the driver has just read is there to be taken, also when it was the last.
        match (answer.as_mut().poll(cx), end) {
            (Poll::Ready(done), _) => Poll::Ready(done.map_err(|error| broken_by(&error))),
            (Poll::Pending, Poll::Ready(Err(error))) => Poll::Ready(Err(broken_by(&error))),
            (Poll::Pending, Poll::Ready(Ok(()))) => {
                Poll::Ready(Err("the connection was closed before the answer".to_owned()))
            }
            (Poll::Pending, Poll::Pending) => Poll::Pending,
        }
    })
    .await
}

/// The idle connections to one endpoint, and the way to a new one.
pub(super) struct Pool {
    idle: Mutex<Vec<(Connection, Instant)>>,
    tls: TlsConnector,
}

impl Pool {
    pub(super) fn new() -> Result<Self, String> {
        let mut roots = RootCertStore::empty();
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
        let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| format!("TLS can't be set up: {error}"))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self {
            idle: Mutex::default(),
            tls: TlsConnector::from(Arc::new(config)),
        })
    }

    /// Sends this and waits for the whole answer. The request may arrive twice.
    pub(super) async fn call(
        &self,
        endpoint: &Endpoint,
        request: impl Fn() -> Request<Body>,
    ) -> Result<Answer, String> {
        if let Some(mut used) = self.take() {
            // The service, or what lies between, may have ended it while the function was frozen. That is no failure of the service.
            match tokio::time::timeout(READ_TIMEOUT, used.call(request())).await {
                Ok(Ok(answer)) => {
                    self.keep(used);
                    return Ok(answer);
                }
                Ok(Err(error)) => {
                    tracing::debug!(error, "a kept connection was no longer usable");
                }
                Err(_) => return Err(slow()),
            }
        }
        let mut opened =
            tokio::time::timeout(CONNECT_TIMEOUT, Connection::open(endpoint, &self.tls))
                .await
                .map_err(|_| {
                    format!(
                        "no connection to {} within {CONNECT_TIMEOUT:?}",
                        place(endpoint)
                    )
                })?
                .map_err(|error| format!("no connection to {}: {error}", place(endpoint)))?;
        let answer = tokio::time::timeout(READ_TIMEOUT, opened.call(request()))
            .await
            .map_err(|_| slow())??;
        self.keep(opened);
        Ok(answer)
    }

    fn take(&self) -> Option<Connection> {
        let mut idle = self.idle.lock();
        // The one used last is the least likely to be closed.
        while let Some((connection, since)) = idle.pop() {
            if !connection.sender.is_closed() && since.elapsed() < MAX_IDLE {
                return Some(connection);
            }
        }
        None
    }

    fn keep(&self, connection: Connection) {
        if !connection.sender.is_closed() {
            self.idle.lock().push((connection, Instant::now()));
        }
    }
}

fn slow() -> String {
    format!("no answer within {READ_TIMEOUT:?}")
}

fn place(endpoint: &Endpoint) -> String {
    format!("{}:{}", endpoint.host, endpoint.port)
}

/// hyper's errors keep what happened in their source.
fn broken_by(error: &hyper::Error) -> String {
    match std::error::Error::source(error) {
        Some(cause) => format!("the connection broke: {error}: {cause}"),
        None => format!("the connection broke: {error}"),
    }
}
