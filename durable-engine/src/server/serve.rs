//! Listening, serving and ending.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::serve::ListenerExt;
use thiserror::Error;
use tokio::net::{TcpListener, ToSocketAddrs, lookup_host};
use tokio_util::sync::CancellationToken;

use super::handler::{self, Shared};
use crate::service::Service;

/// How long requests have to end by themselves when the server is to stop.
const GRACE: Duration = Duration::from_secs(1);

/// A server that doesn't listen yet; see the [module](super).
#[derive(Clone, Debug)]
#[must_use = "a server listens after `.bind(..)` and answers in `.serve()`"]
pub struct Server {
    service: Service,
    remote: bool,
}

/// Why a server doesn't listen.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ServerError {
    /// Others than this machine could reach the address.
    #[error(
        "{address} can be reached from other machines, and this server lets in everybody who reaches it; listen on 127.0.0.1, or call \
         `.allow_remote()` where the network keeps strangers out"
    )]
    Remote {
        /// The address.
        address: SocketAddr,
    },
    /// The address can't be listened on.
    #[error("can't listen: {0}")]
    Bind(#[source] io::Error),
}

impl Server {
    /// A server for the service of an engine.
    pub fn new(service: Service) -> Self {
        Self {
            service,
            remote: false,
        }
    }

    /// Lets it listen on addresses that other machines reach. Nobody is asked who they are.
    pub fn allow_remote(mut self) -> Self {
        self.remote = true;
        self
    }

    /// Listens; port 0 takes one that is free. Clients may connect from here on, and are answered in [`Bound::serve`].
    ///
    /// # Errors
    /// [`ServerError::Remote`] when the address is not loopback; [`ServerError::Bind`] when it is taken or no address.
    pub async fn bind(self, address: impl ToSocketAddrs) -> Result<Bound, ServerError> {
        let addresses: Vec<_> = lookup_host(address)
            .await
            .map_err(ServerError::Bind)?
            .collect();
        let remote = |address: &&SocketAddr| !address.ip().to_canonical().is_loopback();
        if let Some(address) = addresses.iter().find(remote).filter(|_| !self.remote) {
            return Err(ServerError::Remote { address: *address });
        }
        let listener = TcpListener::bind(addresses.as_slice())
            .await
            .map_err(ServerError::Bind)?;
        let address = listener.local_addr().map_err(ServerError::Bind)?;
        Ok(Bound {
            service: self.service,
            listener,
            address,
        })
    }
}

/// A server that listens.
#[derive(Debug)]
#[must_use = "nobody is answered before `.serve()`"]
pub struct Bound {
    service: Service,
    listener: TcpListener,
    address: SocketAddr,
}

impl Bound {
    /// Where it listens, with the port that was taken.
    #[must_use]
    pub const fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// Answers until the future is dropped.
    ///
    /// # Errors
    /// When the socket fails.
    pub async fn serve(self) -> io::Result<()> {
        self.serve_until(std::future::pending()).await
    }

    /// Answers until the signal comes. Then nobody is let in any more, and who waits for an answer has another second to get it; after that
    /// they are told that the server shuts down. What they asked for goes on in the engine, which is still running.
    ///
    /// # Errors
    /// When the socket fails.
    pub async fn serve_until(
        self,
        signal: impl Future<Output = ()> + Send + 'static,
    ) -> io::Result<()> {
        let ending = CancellationToken::new();
        let shared = Shared {
            service: self.service,
            ending: ending.clone(),
        };
        let router = Router::new().fallback(handler::answer).with_state(shared);
        let (entered, closing) = tokio::sync::oneshot::channel();
        // Answers are small, and somebody waits for each.
        let listener = self.listener.tap_io(|stream| {
            let _ = stream.set_nodelay(true);
        });
        let serving = axum::serve(listener, router).with_graceful_shutdown(async move {
            signal.await;
            // Nobody listens only when serving has ended.
            let _ = entered.send(());
        });
        let hurry = async move {
            if closing.await.is_err() {
                std::future::pending::<()>().await;
            }
            tokio::time::sleep(GRACE).await;
            ending.cancel();
            // Who is still sending a request by then never gets an answer.
            tokio::time::sleep(GRACE).await;
        };
        tokio::select! {
            served = serving => served,
            () = hurry => Ok(()),
        }
    }
}
