//! The `approval` example: a callback in two phases. The handle is there at once, its id goes to somebody outside, and the answer comes later, by HTTP.
//!
//! While nobody answers nothing runs. The process may be killed and started again meanwhile: the id stays good, and its deadline goes on counting.

use durable_runtime::prelude::*;
use serde::{Deserialize, Serialize};

/// A request that needs somebody's signature.
#[durable_workflow]
pub async fn sign_off(request: Request, #[state] desk: Desk) -> Result<Decision> {
    let mut wanted =
        create_callback::<Signature>().timeout(Duration::from_secs(request.timeout_seconds));
    if let Some(seconds) = request.heartbeat_seconds {
        wanted = wanted.heartbeat_timeout(Duration::from_secs(seconds));
    }
    let signature = wanted.named("signature").await?;
    hand_out(&desk, signature.id(), &request).await?;

    match signature.result().await {
        Ok(Signature { by }) => Ok(Decision::Signed { by }),
        Err(CallbackError::TimedOut) => Ok(Decision::Expired {
            after_seconds: request.timeout_seconds,
        }),
        Err(CallbackError::HeartbeatTimedOut) => Ok(Decision::Deserted {
            after_seconds: request.heartbeat_seconds.unwrap_or_default(),
        }),
        Err(CallbackError::Failed(refusal)) => Ok(Decision::Refused {
            why: refusal.error_message.unwrap_or_default(),
        }),
        Err(other) => Err(other.into()),
    }
}

/// Tells whoever is to sign how to: what a real workflow would mail or post.
#[step]
pub async fn hand_out(desk: &Desk, id: &CallbackId, request: &Request) -> Result<()> {
    let Desk { endpoint } = desk;
    tracing::info!("{}: waiting for a signature: {}", request.id, request.what);
    tracing::info!("callback id: {id}");
    tracing::info!(
        "answer with:  examples/approval/answer.py --endpoint {endpoint} {id} sign|refuse|heartbeat"
    );
    Ok(())
}

/// What is to be signed.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Request {
    /// The execution's id too.
    pub id: String,
    /// What for.
    pub what: String,
    /// Seconds until the request is void.
    pub timeout_seconds: u64,
    /// Seconds in which the signer must say that they are still at it; none: they need not.
    pub heartbeat_seconds: Option<u64>,
}

/// Where answers are taken.
#[derive(Clone, Debug)]
pub struct Desk {
    /// The engine's URL.
    pub endpoint: String,
}

/// What the signer sends.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Signature {
    /// Who signs.
    pub by: String,
}

/// How it ended.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(tag = "decision", rename_all = "snake_case")]
pub enum Decision {
    /// Signed.
    Signed {
        /// By whom.
        by: String,
    },
    /// The signer said no.
    Refused {
        /// Their words.
        why: String,
    },
    /// Nobody answered in time.
    Expired {
        /// The time there was.
        after_seconds: u64,
    },
    /// The signer stopped saying that they were at it.
    Deserted {
        /// The time between two signs of life.
        after_seconds: u64,
    },
}
