//! Callback ids: what the outside completes a callback by.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use blake2::{Blake2b, Digest, digest::consts::U24};

use super::execution::Execution;

impl Execution {
    /// The id of the callback that the operation opens. It says which execution and operation it belongs to, and carries a
    /// keyed hash of both, so that knowing one id doesn't help to guess another.
    pub(super) fn callback_id(&self, operation_id: &str) -> String {
        let arn = &self.record.arn;
        // BLAKE2b with the secret first is a sound MAC; unlike SHA-2 it has no length extension.
        let proof = Blake2b::<U24>::new()
            .chain_update((self.record.callback_key.len() as u64).to_le_bytes())
            .chain_update(self.record.callback_key.as_bytes())
            .chain_update(operation_id.as_bytes())
            .finalize();
        STANDARD.encode(format!("{arn}\n{operation_id}\n{}", STANDARD.encode(proof)))
    }
}

/// The execution's ARN and the operation's id in a callback id; none when it isn't one. Whether the id is genuine only that
/// execution can tell, by comparing it with the one it gave out.
///
/// ```
/// use durable_engine::core::callback_target;
///
/// assert_eq!(callback_target("bm90IGEgY2FsbGJhY2s="), None);
/// ```
pub fn callback_target(callback_id: &str) -> Option<(String, String)> {
    let text = String::from_utf8(STANDARD.decode(callback_id).ok()?).ok()?;
    let mut parts = text.split('\n');
    let (arn, operation) = (parts.next()?, parts.next()?);
    parts.next()?;
    Some((arn.to_owned(), operation.to_owned()))
}
