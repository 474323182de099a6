//! Who may call: everybody on this machine but web pages, or who has credentials.

mod canonical;
mod credentials;
mod sigv4;

use std::sync::Arc;

use http::HeaderMap;
use http::header::AUTHORIZATION;
use http::request::Parts;
use jiff::Timestamp;

pub use self::credentials::{AccessKey, Credentials, CredentialsError};

use self::sigv4::Claim;
use super::failure::Failure;
use crate::browser;

/// Decides who is let in.
#[derive(Clone, Debug, Default)]
pub(super) struct Guard(Option<Arc<Credentials>>);

/// Somebody who may go on, as far as the head of the request tells.
#[derive(Debug)]
#[must_use = "a signature is only good with the body it was made for"]
pub(super) struct Admitted(Option<(Arc<Credentials>, Claim)>);

impl Guard {
    pub(super) fn new(credentials: Option<Credentials>) -> Self {
        Self(credentials.map(Arc::new))
    }

    /// Looks at a request before anything of its body is read.
    ///
    /// # Errors
    /// When it comes from a web page, or has no credentials where they are asked for.
    pub(super) fn admit(&self, parts: &Parts, now: Timestamp) -> Result<Admitted, Failure> {
        if browser::sent(&parts.headers) {
            return Err(Failure::new(
                "AccessDeniedException",
                403,
                "this server takes no requests from web pages, and a browser sent this one",
            ));
        }
        let Some(credentials) = &self.0 else {
            // Credentials are what no page has. Without them a page must not come in under a name of its own that it has pointed here.
            return match browser::foreign_host(&parts.uri, &parts.headers) {
                None => Ok(Admitted(None)),
                Some(host) => Err(Failure::new(
                    "AccessDeniedException",
                    403,
                    format!(
                        "this server asks nobody who they are, and so takes requests only for 127.0.0.1, [::1] or localhost; this one is for `{host}`; call it by \
                         one of those names, or give the server credentials"
                    ),
                )),
            };
        };
        match authorization(&parts.headers)? {
            Authorization::Bearer(token) if credentials.has_token(token) => Ok(Admitted(None)),
            Authorization::Bearer(_) => Err(Failure::new(
                "UnrecognizedClientException",
                403,
                "the bearer token is none of this server's",
            )),
            Authorization::Signature(text) => {
                let claim = Claim::read(text, parts, now)?;
                if credentials.secrets(claim.key_id()).is_empty() {
                    let message = format!(
                        "this server has no access key `{}`; use one that it was given",
                        claim.key_id()
                    );
                    return Err(Failure::new("UnrecognizedClientException", 403, message));
                }
                Ok(Admitted(Some((Arc::clone(credentials), claim))))
            }
        }
    }
}

impl Admitted {
    /// Whether the whole request is what was signed.
    ///
    /// # Errors
    /// When the signature is another one.
    pub(super) fn with_body(self, parts: &Parts, body: &[u8]) -> Result<(), Failure> {
        let Self(Some((credentials, claim))) = self else {
            return Ok(());
        };
        let canonical = claim.canonical(parts, body);
        let secrets = credentials.secrets(claim.key_id());
        if secrets
            .into_iter()
            .any(|secret| claim.is_signed_with(secret, &canonical))
        {
            return Ok(());
        }
        Err(Failure::new(
            "InvalidSignatureException",
            403,
            format!(
                "the signature is not the one that this request has with the secret of access key `{}`; check the secret, and that nothing on the way changes the \
                 path, the body or a signed header (a proxy must pass Host on)",
                claim.key_id()
            ),
        ))
    }
}

enum Authorization<'a> {
    Bearer(&'a [u8]),
    Signature(&'a str),
}

fn authorization(headers: &HeaderMap) -> Result<Authorization<'_>, Failure> {
    let missing = |what: &str| {
        Failure::new(
            "MissingAuthenticationTokenException",
            403,
            format!(
                "this server asks who calls, and the request has {what}; sign it with an access key that the server was given (AWS Signature Version 4 in the \
                 Authorization header, service `lambda`), or send `Authorization: Bearer` with its token"
            ),
        )
    };
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let Some(value) = values.next() else {
        return Err(missing("no Authorization header"));
    };
    if values.next().is_some() {
        return Err(missing("more than one Authorization header"));
    }
    let bytes = value.as_bytes();
    // Schemes are in any case, RFC 9110 section 11.1.
    if let Some((scheme, rest)) = bytes.split_at_checked(7)
        && scheme.eq_ignore_ascii_case(b"bearer ")
    {
        return Ok(Authorization::Bearer(rest.trim_ascii()));
    }
    let text = value.to_str().ok();
    let signature = text.and_then(|text| text.strip_prefix(sigv4::ALGORITHM)?.strip_prefix(' '));
    signature
        .map(Authorization::Signature)
        .ok_or_else(|| missing("an Authorization header of another kind"))
}
