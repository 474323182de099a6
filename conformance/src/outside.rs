use std::collections::HashMap;
use std::io::Write;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use std::{fs, io};

use durable_runtime::{Error, Result};
use tokio::sync::Notify;

/// The folder of the counters, for all processes of the suite.
const COUNTERS: &str = "CONFORMANCE_COUNTERS";

/// What some handlers need of the world outside their workflow: a way to die, and a counter that survives it.
#[derive(Clone, Debug)]
pub struct Outside {
    place: Place,
}

#[derive(Clone, Debug)]
enum Place {
    /// In a process of its own, with a file per counter.
    Process { counters: PathBuf },
    /// Inside a test, which is told when to kill the engine.
    Test {
        killer: Arc<Notify>,
        counts: Arc<Mutex<HashMap<String, u32>>>,
    },
}

impl Outside {
    /// For a handler in a process of its own, which it ends when it is to crash. Its counters are files of the folder that `CONFORMANCE_COUNTERS` names.
    #[must_use]
    pub fn process() -> Self {
        let counters = std::env::var_os(COUNTERS).map_or_else(std::env::temp_dir, PathBuf::from);
        Self {
            place: Place::Process { counters },
        }
    }

    /// For a handler inside a test: it hangs where it would end its process, and `killer` is told.
    #[must_use]
    pub fn test(killer: Arc<Notify>) -> Self {
        let counts = Arc::default();
        Self {
            place: Place::Test { killer, counts },
        }
    }

    /// The process ends here, once what is on its way had time to arrive.
    pub async fn crash(&self) {
        match &self.place {
            Place::Process { .. } => {
                tokio::time::sleep(Duration::from_secs(1)).await;
                std::process::exit(1)
            }
            Place::Test { killer, .. } => {
                killer.notify_one();
                std::future::pending().await
            }
        }
    }

    /// How often this was asked for `what`, this time included.
    ///
    /// # Errors
    /// When the counter's file can't be written.
    pub fn count(&self, what: &str) -> Result<u64> {
        match &self.place {
            Place::Process { counters } => {
                let name = what.replace(|c: char| !c.is_ascii_alphanumeric(), "_");
                Ok(lengthen(counters.join(name)).map_err(Error::from)?)
            }
            Place::Test { counts, .. } => {
                let mut counts = counts.lock().unwrap_or_else(PoisonError::into_inner);
                let count = counts.entry(what.to_owned()).or_default();
                *count += 1;
                Ok(u64::from(*count))
            }
        }
    }
}

/// A counter is a file, and its length the count: a process can die at any point and leave it whole.
fn lengthen(file: PathBuf) -> io::Result<u64> {
    let mut file = fs::OpenOptions::new()
        .append(true)
        .create(true)
        .open(file)?;
    file.write_all(b"+")?;
    Ok(file.metadata()?.len())
}
