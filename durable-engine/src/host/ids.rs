//! [`Ids`]: ids, tokens and secrets, which the core takes from outside.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use uuid::Uuid;

/// Where ids come from.
#[derive(Clone, Debug)]
pub(crate) enum Ids {
    /// Unguessable.
    Random,
    /// Counted, so that a test's second run is its first again.
    Counted(Arc<AtomicU64>),
}

impl Ids {
    fn bytes(&self) -> [u8; 16] {
        match self {
            Self::Random => Uuid::new_v4().into_bytes(),
            Self::Counted(counter) => {
                u128::from(counter.fetch_add(1, Ordering::Relaxed)).to_be_bytes()
            }
        }
    }

    /// An execution's id, where the caller gave none. Random ones sort by time.
    pub(super) fn execution(&self) -> String {
        match self {
            Self::Random => Uuid::now_v7().to_string(),
            Self::Counted(counter) => {
                format!("execution-{}", counter.fetch_add(1, Ordering::Relaxed))
            }
        }
    }

    /// The last segment of the ARN of the execution with this name.
    pub(super) fn unique(&self, name: &str) -> String {
        match self {
            Self::Random => Uuid::now_v7().to_string(),
            // The same for the same execution in every run: values derived from the ARN are then the same too.
            Self::Counted(_) => name.to_owned(),
        }
    }

    /// A checkpoint token: base64, as the service's model has it.
    pub(super) fn token(&self) -> String {
        STANDARD.encode(self.bytes())
    }

    /// The id of an invocation.
    pub(super) fn request(&self) -> String {
        Uuid::from_bytes(self.bytes()).to_string()
    }

    /// 128 bits that callback ids are derived from.
    pub(super) fn secret(&self) -> String {
        STANDARD.encode(self.bytes())
    }
}
