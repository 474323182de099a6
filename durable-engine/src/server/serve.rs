//! Listening, serving and ending.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use thiserror::Error;
use tokio::net::{TcpListener, ToSocketAddrs, lookup_host};
use tokio_util::sync::CancellationToken;

use super::auth::{Credentials, Guard};
use super::body::Room;
use super::connections::{self, Connections};
use super::handler::Shared;
use crate::service::Service;

/// How long requests have to end by themselves when the server is to stop.
const GRACE: Duration = Duration::from_secs(1);

/// A server that doesn't listen yet; see the [module](super).
#[derive(Clone, Debug)]
#[must_use = "a server listens after `.bind(..)` and answers in `.serve()`"]
pub struct Server {
    service: Service,
    credentials: Option<Credentials>,
    connections: usize,
}

/// Why a server doesn't listen.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ServerError {
    /// Others than this machine could reach the address, and nobody would be asked who they are.
    #[error(
        "{address} can be reached from other machines, and this server would let in everybody who reaches it; listen on 127.0.0.1, or say who may call with \
         `.authenticate(Credentials::new().access_key(..))`"
    )]
    Remote {
        /// The address.
        address: SocketAddr,
    },
    /// Callers are to be asked who they are, and there are no credentials that they could have.
    #[error(
        "nobody could call: the credentials to authenticate with are empty; add an access key or a bearer token to them"
    )]
    NoCredentials,
    /// The address can't be listened on.
    #[error("can't listen: {0}")]
    Bind(#[source] io::Error),
}

impl Server {
    /// A server for the service of an engine.
    pub fn new(service: Service) -> Self {
        Self {
            service,
            credentials: None,
            connections: connections::most(),
        }
    }

    /// Lets in only who has one of these credentials, on loopback too, and lets the server listen where other machines reach it.
    ///
    /// ```
    /// use durable_engine::server::{AccessKey, Credentials, Server};
    /// # use durable_engine::TestEngine;
    /// # tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap().block_on(async {
    /// # let engine = TestEngine::builder().start().await?;
    /// # let secret = "kFq3lMT5d0nYxR7vWb2c";
    /// let credentials = Credentials::new().access_key(AccessKey::new("ORDERS", secret)?);
    /// let server = Server::new(engine.service()).authenticate(credentials);
    /// let server = server.bind("0.0.0.0:0").await?;
    /// # drop(server);
    /// # Ok::<(), Box<dyn std::error::Error>>(()) }).unwrap();
    /// ```
    pub fn authenticate(mut self, credentials: Credentials) -> Self {
        self.credentials = Some(credentials);
        self
    }

    /// The most connections at the same time, at least one; further ones wait until another ends. Without it 4,096, or half of the files that the process may have
    /// open where that is less.
    pub fn max_connections(mut self, most: usize) -> Self {
        self.connections = most.max(1);
        self
    }

    /// Listens; port 0 takes one that is free. Clients may connect from here on, and are answered in [`Bound::serve`].
    ///
    /// # Errors
    /// [`ServerError::Remote`] when the address is not loopback and there are no credentials to ask for; [`ServerError::NoCredentials`] when they are to be asked for
    /// and empty; [`ServerError::Bind`] when the address is taken or no address.
    pub async fn bind(self, address: impl ToSocketAddrs) -> Result<Bound, ServerError> {
        if self.credentials.as_ref().is_some_and(Credentials::is_empty) {
            return Err(ServerError::NoCredentials);
        }
        let addresses: Vec<_> = lookup_host(address)
            .await
            .map_err(ServerError::Bind)?
            .collect();
        let remote = |address: &&SocketAddr| !address.ip().to_canonical().is_loopback();
        let open = self.credentials.is_none();
        if let Some(address) = addresses.iter().find(remote).filter(|_| open) {
            return Err(ServerError::Remote { address: *address });
        }
        let listener = TcpListener::bind(addresses.as_slice())
            .await
            .map_err(ServerError::Bind)?;
        let address = listener.local_addr().map_err(ServerError::Bind)?;
        Ok(Bound {
            service: self.service,
            guard: Guard::new(self.credentials),
            connections: self.connections,
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
    guard: Guard,
    connections: usize,
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
            guard: self.guard,
            room: Room::new(),
            ending: ending.clone(),
        };
        let mut connections = Connections::new(shared, self.connections);
        tokio::select! {
            () = connections.accept(&self.listener) => {}
            () = signal => {}
        }
        // Nobody is let in any more.
        drop(self.listener);
        let hurry = async move {
            tokio::time::sleep(GRACE).await;
            ending.cancel();
            // Who is still sending a request by then never gets an answer.
            tokio::time::sleep(GRACE).await;
        };
        tokio::select! {
            () = connections.end() => {}
            () = hurry => {}
        }
        Ok(())
    }
}
