use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Notify;

/// What some handlers need of the world outside their workflow: a way to die, and a counter that survives it.
#[derive(Clone, Debug, Default)]
pub struct Outside {
    /// Who is to kill this engine; nobody: the handler ends its own process.
    killer: Option<Arc<Notify>>,
    counts: Arc<Mutex<HashMap<String, u32>>>,
}

impl Outside {
    /// For a handler in a process of its own, which it ends when it is to crash.
    #[must_use]
    pub fn process() -> Self {
        Self::default()
    }

    /// For a handler inside a test: it hangs where it would end its process, and `killer` is told.
    #[must_use]
    pub fn test(killer: Arc<Notify>) -> Self {
        Self {
            killer: Some(killer),
            ..Self::default()
        }
    }

    /// The process ends here.
    pub async fn crash(&self) {
        match &self.killer {
            None => std::process::exit(1),
            Some(killer) => {
                killer.notify_one();
                std::future::pending().await
            }
        }
    }

    /// How often this was asked for `what`, this time included.
    #[must_use]
    pub fn count(&self, what: &str) -> u32 {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(what.to_owned()).or_default();
        *count += 1;
        *count
    }
}
