//! [`LeanClient`]: the service's calls by hyper and rustls, without the AWS SDK.

mod calls;
mod client;
mod connection;
mod endpoint;
mod failure;
mod retries;
mod signature;
mod tls;

pub use self::client::LeanClient;
