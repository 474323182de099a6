//! [`Endpoint`]: where functions find the service, once that is known.

use std::sync::Arc;

use tokio::sync::watch;

/// The URL at which functions reach the service that keeps their history.
///
/// The server's address may be known only after the engine has started, and the engine may have invocations to make at once. So functions can be given
/// [`Endpoint::later`], and their processes start when somebody has [`set`](Self::set) it.
///
/// ```
/// use durable_engine::runtime_api::Endpoint;
///
/// let endpoint = Endpoint::later();
/// endpoint.set("http://127.0.0.1:9001");
/// ```
#[derive(Clone, Debug)]
pub struct Endpoint(Arc<watch::Sender<Option<String>>>);

impl Endpoint {
    /// Not known yet. Processes wait for it.
    #[must_use]
    pub fn later() -> Self {
        Self(Arc::new(watch::Sender::new(None)))
    }

    /// Tells all that wait.
    pub fn set(&self, url: impl Into<String>) {
        self.0.send_replace(Some(url.into()));
    }

    pub(super) async fn known(&self) -> String {
        let mut url = self.0.subscribe();
        // The sender lives as long as `self`, so the wait can't fail.
        match url.wait_for(Option::is_some).await {
            Ok(url) => url.clone().unwrap_or_default(),
            Err(_) => String::new(),
        }
    }
}

impl<Url: Into<String>> From<Url> for Endpoint {
    fn from(url: Url) -> Self {
        let endpoint = Self::later();
        endpoint.set(url);
        endpoint
    }
}
