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
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::RootCertStore;
use tokio_rustls::rustls::pki_types::ServerName;

use super::endpoint::Endpoint;
use super::tls;
use crate::lock::Mutex;

/// For TCP and TLS together, as the host's AWS client is set.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// For the request and its whole answer. The host's AWS client gives as much until the answer begins.
const READ_TIMEOUT: Duration = Duration::from_secs(50);
/// How long a connection may lie idle. NAT gateways forget one after 350 s and say nothing, so that the next call would wait for its timeout.
const MAX_IDLE: Duration = Duration::from_secs(60);

type Body = Full<Bytes>;
type Stream = TokioIo<Box<dyn Duplex>>;

/// A TCP stream, or TLS over one: a type of its own for each would be twice the code for the little that a call through a pointer costs.
trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Duplex for S {}

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
        let stream: Box<dyn Duplex> = if endpoint.is_tls {
            let name = ServerName::try_from(endpoint.host.clone()).map_err(io::Error::other)?;
            Box::new(tls.connect(name, tcp).await?)
        } else {
            Box::new(tcp)
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
        Self::trusting(tls::public_roots())
    }

    fn trusting(roots: RootCertStore) -> Result<Self, String> {
        let config = tls::config(roots).map_err(|error| format!("TLS can't be set up: {error}"))?;
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

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
    use tokio::net::TcpListener;
    use tokio_rustls::TlsAcceptor;
    use tokio_rustls::rustls::crypto::ring;
    use tokio_rustls::rustls::pki_types::PrivatePkcs8KeyDer;
    use tokio_rustls::rustls::version::{TLS12, TLS13};
    use tokio_rustls::rustls::{ServerConfig, SupportedProtocolVersion};

    use super::*;
    use crate::lambda::environment::tests::environment;

    const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nx-a: b\r\n\r\nok";

    /// How the service treats a connection.
    #[derive(Clone)]
    enum Manner {
        Plain,
        /// Closes it after an answer, without a word.
        Closing,
        /// Takes the request, and says nothing.
        Mute,
        Tls(TlsAcceptor),
    }

    /// Serves on loopback, and counts its connections.
    async fn serve(manner: Manner) -> (Endpoint, Arc<AtomicUsize>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let scheme = if matches!(manner, Manner::Tls(_)) {
            "https"
        } else {
            "http"
        };
        let url = format!(
            "{scheme}://localhost:{}",
            listener.local_addr().unwrap().port()
        );
        let endpoint =
            Endpoint::of(&environment(&[("AWS_REGION", "x"), ("AWS_ENDPOINT_URL", &url)]).0);
        let connections = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&connections);
        tokio::spawn(async move {
            loop {
                let (tcp, _) = listener.accept().await.unwrap();
                counted.fetch_add(1, Ordering::SeqCst);
                let manner = manner.clone();
                tokio::spawn(async move {
                    match &manner {
                        // A client that doesn't trust the certificate goes away.
                        Manner::Tls(acceptor) => {
                            if let Ok(stream) = acceptor.accept(tcp).await {
                                answer(stream, &manner).await;
                            }
                        }
                        _ => answer(tcp, &manner).await,
                    }
                });
            }
        });
        (endpoint.unwrap(), connections)
    }

    async fn answer(mut stream: impl AsyncRead + AsyncWrite + Unpin, manner: &Manner) {
        let mut read = Vec::new();
        while let Ok(byte) = stream.read_u8().await {
            read.push(byte);
            if !read.ends_with(b"\r\n\r\n") {
                continue;
            }
            read.clear();
            if matches!(manner, Manner::Mute) {
                std::future::pending::<()>().await;
            }
            stream.write_all(ANSWER).await.unwrap();
            stream.flush().await.unwrap();
            if matches!(manner, Manner::Closing) {
                return;
            }
        }
    }

    fn request() -> Request<Body> {
        Request::get("/state")
            .header("host", "localhost")
            .body(Body::default())
            .unwrap()
    }

    /// A server's side of TLS, and what a client has to trust.
    fn certified(version: &'static SupportedProtocolVersion) -> (TlsAcceptor, RootCertStore) {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let certificate = made.cert.der().clone();
        let key = PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_protocol_versions(&[version])
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.clone()], key.into())
            .unwrap();
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        let mut roots = RootCertStore::empty();
        roots.add(certificate).unwrap();
        (TlsAcceptor::from(Arc::new(config)), roots)
    }

    #[tokio::test]
    async fn calls_share_a_connection() {
        let (endpoint, connections) = serve(Manner::Plain).await;
        let pool = Pool::new().unwrap();
        for _ in 0..3 {
            let answer = pool.call(&endpoint, request).await.unwrap();
            assert_eq!((answer.status, &*answer.body), (200, &b"ok"[..]));
            assert_eq!(answer.headers["x-a"], "b");
        }
        assert_eq!(connections.load(Ordering::SeqCst), 1);
    }

    #[tokio::test]
    async fn calls_at_once_have_a_connection_each() {
        let (endpoint, connections) = serve(Manner::Plain).await;
        let pool = Pool::new().unwrap();
        let (a, b) = tokio::join!(pool.call(&endpoint, request), pool.call(&endpoint, request));
        assert_eq!((a.unwrap().status, b.unwrap().status), (200, 200));
        assert_eq!(connections.load(Ordering::SeqCst), 2);
        assert_eq!(pool.idle.lock().len(), 2);
    }

    #[tokio::test]
    async fn a_connection_that_was_closed_meanwhile_is_replaced_at_once() {
        let (endpoint, connections) = serve(Manner::Closing).await;
        let pool = Pool::new().unwrap();
        for number in 1..=3 {
            assert_eq!(pool.call(&endpoint, request).await.unwrap().status, 200);
            assert_eq!(connections.load(Ordering::SeqCst), number);
        }
    }

    #[tokio::test]
    async fn tls_reaches_who_is_trusted() {
        for version in [&TLS12, &TLS13] {
            let (acceptor, roots) = certified(version);
            let (endpoint, connections) = serve(Manner::Tls(acceptor)).await;
            let pool = Pool::trusting(roots).unwrap();
            for _ in 0..3 {
                let answer = pool.call(&endpoint, request).await.unwrap();
                assert_eq!((answer.status, &*answer.body), (200, &b"ok"[..]));
            }
            assert_eq!(connections.load(Ordering::SeqCst), 1, "{version:?}");
        }
    }

    #[tokio::test]
    async fn tls_reaches_nobody_else() {
        let (acceptor, _) = certified(&TLS13);
        let (endpoint, _) = serve(Manner::Tls(acceptor)).await;
        let error = Pool::new().unwrap().call(&endpoint, request).await.err();
        let error = error.expect("no authority vouches for it");
        assert!(
            error.contains("no connection to localhost:") && error.contains("certificate"),
            "{error}"
        );
    }

    // Virtual time: it passes when nothing else can happen.
    #[tokio::test(start_paused = true)]
    async fn a_service_that_says_nothing_is_not_waited_for_forever() {
        let (endpoint, _) = serve(Manner::Mute).await;
        let pool = Pool::new().unwrap();
        let started = tokio::time::Instant::now();
        let error = pool.call(&endpoint, request).await.err();
        assert_eq!(error.as_deref(), Some("no answer within 50s"));
        assert!(started.elapsed() >= READ_TIMEOUT);
        assert!(pool.idle.lock().is_empty(), "it may still be answered");
    }
}
