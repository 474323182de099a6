//! [`Credentials`]: who may call a server that asks who they are.

use std::fmt;

use sha2::{Digest, Sha256};
use subtle::{Choice, ConstantTimeEq};
use thiserror::Error;
use uuid::Uuid;

/// The fewest characters of a secret. Sixteen random ones of base64 are 96 bits, which nobody guesses who has caught a signature and tries secrets against it.
const SECRET_MIN: usize = 16;
/// The most characters of an access key's id. IAM's API reference has 128 for `AccessKeyId`.
const ID_MAX: usize = 128;

/// The access keys and bearer tokens that a server lets in; whoever has one may do everything.
///
/// ```
/// use durable_engine::server::{AccessKey, Credentials};
///
/// let credentials = Credentials::new()
///     .access_key(AccessKey::new("ORDERS", "kFq3lMT5d0nYxR7vWb2c")?)
///     .bearer_token("0fd1b9c8a4e7435c")?;
/// assert!(!format!("{credentials:?}").contains("kFq3"));
/// # Ok::<(), durable_engine::server::CredentialsError>(())
/// ```
#[derive(Clone, Default)]
pub struct Credentials {
    keys: Vec<AccessKey>,
    /// Hashed, so that all are compared in the same time.
    tokens: Vec<[u8; 32]>,
}

/// A pair that clients sign their requests with, as AWS's access keys are.
#[derive(Clone)]
pub struct AccessKey {
    id: String,
    secret: String,
}

/// Why something is no credential. No message repeats a secret.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum CredentialsError {
    /// An access key's id has other characters than those that stand in a signature, or none, or too many.
    #[error("`{}` is no access key id; use 1 to {ID_MAX} of A-Z a-z 0-9 - _", .id.escape_debug())]
    Id {
        /// What was given.
        id: String,
    },
    /// A secret is too short.
    #[error(
        "the {what} has {length} characters and must have {SECRET_MIN} or more; `openssl rand -base64 30` makes a good one"
    )]
    Short {
        /// Which secret.
        what: &'static str,
        /// Its characters.
        length: usize,
    },
    /// A secret has a space, a line break or another character that no header can carry.
    #[error(
        "the {what} has a character that is not printable ASCII or is a space, such as a line break at its end; `openssl rand -base64 30` makes a good one"
    )]
    Characters {
        /// Which secret.
        what: &'static str,
    },
}

impl AccessKey {
    /// An id and its secret access key, which has 16 or more characters of printable ASCII.
    ///
    /// # Errors
    /// When the id or the secret can't be one.
    pub fn new(id: impl Into<String>, secret: impl Into<String>) -> Result<Self, CredentialsError> {
        let (id, secret) = (id.into(), secret.into());
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        if !(1..=ID_MAX).contains(&id.len()) || !id.bytes().all(fits) {
            return Err(CredentialsError::Id { id });
        }
        check(&secret, "secret access key")?;
        Ok(Self { id, secret })
    }

    /// A new one that nobody else has, with 244 random bits in its secret: for the functions that a server starts itself.
    ///
    /// ```
    /// let key = durable_engine::server::AccessKey::random();
    /// assert_eq!(key.secret().len(), 64);
    /// ```
    #[must_use]
    pub fn random() -> Self {
        let part = || Uuid::new_v4().simple().to_string();
        Self {
            id: format!("LOCAL{}", part().to_uppercase()),
            secret: part() + &part(),
        }
    }

    /// `AWS_ACCESS_KEY_ID` of whoever uses it.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// `AWS_SECRET_ACCESS_KEY` of whoever uses it.
    #[must_use]
    pub fn secret(&self) -> &str {
        &self.secret
    }
}

impl Credentials {
    /// None yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Lets in who signs with this key. Of keys with the same id each is good, so that a secret can be changed while clients still have the old one.
    #[must_use]
    pub fn access_key(mut self, key: AccessKey) -> Self {
        self.keys.push(key);
        self
    }

    /// Lets in who sends `Authorization: Bearer` with this token, which has 16 or more characters of printable ASCII. It goes over the wire as it is: without TLS
    /// everybody on the way can read it.
    ///
    /// # Errors
    /// When it can't be one.
    pub fn bearer_token(mut self, token: &str) -> Result<Self, CredentialsError> {
        check(token, "bearer token")?;
        self.tokens.push(Sha256::digest(token).into());
        Ok(self)
    }

    /// Whether nobody is let in.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty() && self.tokens.is_empty()
    }

    /// The secrets of the keys with this id.
    pub(super) fn secrets(&self, id: &str) -> Vec<&str> {
        let with_id = self.keys.iter().filter(|key| key.id == id);
        with_id.map(|key| key.secret.as_str()).collect()
    }

    /// Whether a token is one of ours. How long it takes says nothing about the tokens there are.
    pub(super) fn has_token(&self, token: &[u8]) -> bool {
        let given: [u8; 32] = Sha256::digest(token).into();
        let found = self
            .tokens
            .iter()
            .fold(Choice::from(0), |found, known| found | known.ct_eq(&given));
        found.into()
    }
}

fn check(secret: &str, what: &'static str) -> Result<(), CredentialsError> {
    if !secret.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(CredentialsError::Characters { what });
    }
    if secret.len() < SECRET_MIN {
        let length = secret.len();
        return Err(CredentialsError::Short { what, length });
    }
    Ok(())
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("keys", &self.keys)
            .field("tokens", &self.tokens.len())
            .finish()
    }
}

impl fmt::Debug for AccessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessKey")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_credential_is_refused_without_repeating_it() {
        let key = |id: &str, secret: &str| AccessKey::new(id, secret).unwrap_err().to_string();
        let long = "x".repeat(129);
        for id in ["", "a/b", "a b", "ä", "a\u{1b}", &long] {
            assert!(
                key(id, "0123456789abcdef").contains("access key id"),
                "{id}"
            );
        }
        assert!(key("a", "short").contains("has 5 characters"));
        for secret in [
            "0123456789abcdef\n",
            "0123456789 abcdef",
            "0123456789abcdefä",
        ] {
            let said = key("a", secret);
            assert!(
                said.contains("printable ASCII") && !said.contains("0123"),
                "{said}"
            );
            Credentials::new().bearer_token(secret).unwrap_err();
        }
    }

    #[test]
    fn a_token_is_found_among_others() {
        let credentials = Credentials::new()
            .bearer_token("first-0123456789")
            .and_then(|it| it.bearer_token("other-0123456789"))
            .unwrap();
        assert!(credentials.has_token(b"first-0123456789"));
        assert!(credentials.has_token(b"other-0123456789"));
        for wrong in ["", "first", "first-0123456789 ", "FIRST-0123456789"] {
            assert!(!credentials.has_token(wrong.as_bytes()), "{wrong}");
        }
        assert!(!Credentials::new().has_token(b""));
    }

    #[test]
    fn nothing_shows_a_secret() {
        let key = AccessKey::random();
        let credentials = Credentials::new().access_key(key.clone());
        for shown in [format!("{key:?}"), format!("{credentials:?}")] {
            assert!(
                shown.contains(key.id()) && !shown.contains(key.secret()),
                "{shown}"
            );
        }
    }
}
