//! AWS Signature Version 4, from the side that checks it.
//!
//! AWS's own crate signs and doesn't check. Signing again with it what was received would lose what must be told apart: it reads a `+` of a query as a space, and
//! takes `..` out of paths. So the form is made here, and the tests sign with that crate.

use hmac::{Hmac, KeyInit, Mac};
use http::HeaderName;
use http::header::HOST;
use http::request::Parts;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};

use super::canonical;
use crate::server::failure::Failure;

/// What a header with such a signature begins with.
pub(super) const ALGORITHM: &str = "AWS4-HMAC-SHA256";
/// The name that Lambda's clients sign for.
const SERVICE: &str = "lambda";
const TERMINATOR: &str = "aws4_request";
/// How far the clocks may be apart. "Elements of an AWS API request signature" in the IAM user guide: a request must arrive within five minutes of its time stamp.
const SKEW: SignedDuration = SignedDuration::from_mins(5);

static X_AMZ_DATE: HeaderName = HeaderName::from_static("x-amz-date");

/// A signature, and what it says that it was made of.
#[derive(Debug)]
pub(super) struct Claim {
    key_id: String,
    /// Day, region, service and terminator.
    scope: [String; 4],
    /// `X-Amz-Date`.
    date: String,
    signed: Vec<HeaderName>,
    signature: [u8; 32],
}

impl Claim {
    /// Reads what stands in an Authorization header after the algorithm.
    ///
    /// # Errors
    /// When it is no signature, leaves out what must be signed, or is too old or too new.
    pub(super) fn read(text: &str, parts: &Parts, now: Timestamp) -> Result<Self, Failure> {
        let field = |name: &str| {
            let mut fields = text.split(',').filter_map(|it| it.trim().split_once('='));
            let found = fields.find(|(of, _)| *of == name);
            let found = found.map(|(_, value)| value);
            found.ok_or_else(|| incomplete(format!("has no {name}")))
        };
        let credential: Vec<&str> = field("Credential")?.split('/').collect();
        let [key_id, day, region, service, terminator] = credential[..] else {
            return Err(incomplete(
                "has a Credential that is not KEY/DAY/REGION/SERVICE/aws4_request",
            ));
        };
        if service != SERVICE || terminator != TERMINATOR {
            return Err(incomplete(format!(
                "is for `{service}/{terminator}`, and this server is `{SERVICE}/{TERMINATOR}`"
            )));
        }
        let signed = signed(field("SignedHeaders")?, parts)?;
        let mut signature = [0; 32];
        hex::decode_to_slice(field("Signature")?, &mut signature)
            .map_err(|_| incomplete("has a Signature that is not 64 hexadecimal digits"))?;
        let date = parts
            .headers
            .get(&X_AMZ_DATE)
            .and_then(|date| date.to_str().ok());
        let date = date.unwrap_or_default();
        let moment = moment(date)
            .ok_or_else(|| incomplete("has an X-Amz-Date that is not like 20260131T120000Z"))?;
        if date.get(..8) != Some(day) {
            return Err(incomplete("is for another day than that of its X-Amz-Date"));
        }
        if now.duration_since(moment).abs() > SKEW {
            // Clients know this exception, and set their clock by the answer's Date.
            return Err(Failure::new(
                "InvalidSignatureException",
                403,
                format!(
                    "the signature was made at {moment} and this server's clock is at {now:.0}; they may be {} minutes apart, so set the clocks",
                    SKEW.as_mins()
                ),
            ));
        }
        Ok(Self {
            key_id: key_id.to_owned(),
            scope: [day, region, service, terminator].map(str::to_owned),
            date: date.to_owned(),
            signed,
            signature,
        })
    }

    /// The access key's id.
    pub(super) fn key_id(&self) -> &str {
        &self.key_id
    }

    /// What the request's signature is made of.
    pub(super) fn canonical(&self, parts: &Parts, body: &[u8]) -> String {
        let body_hash = hex::encode(Sha256::digest(body));
        let request = canonical::request(parts, &self.signed, &body_hash);
        let request_hash = hex::encode(Sha256::digest(request));
        let scope = self.scope.join("/");
        format!("{ALGORITHM}\n{}\n{scope}\n{request_hash}", self.date)
    }

    /// Whether the secret gives the signature. Takes as long when it does as when it doesn't.
    pub(super) fn is_signed_with(&self, secret: &str, canonical: &str) -> bool {
        let key = self
            .scope
            .iter()
            .try_fold(format!("AWS4{secret}").into_bytes(), |key, part| {
                let signed = keyed(&key)?.chain_update(part);
                Some(signed.finalize().into_bytes().to_vec())
            });
        let keyed = key.and_then(|key| keyed(&key));
        keyed.is_some_and(|mac| {
            mac.chain_update(canonical)
                .verify_slice(&self.signature)
                .is_ok()
        })
    }
}

/// An HMAC takes a key of any length, so there is always one.
fn keyed(key: &[u8]) -> Option<Hmac<Sha256>> {
    Hmac::new_from_slice(key).ok()
}

/// The signed headers. All that this server reads of a head must be among them: the host, the date, and everything of AWS's.
fn signed(names: &str, parts: &Parts) -> Result<Vec<HeaderName>, Failure> {
    let mut signed = Vec::new();
    for name in names.split(';') {
        let known = HeaderName::from_lowercase(name.as_bytes()).ok();
        let present = |name: &HeaderName| parts.headers.contains_key(name);
        let Some(known) = known.filter(present) else {
            return Err(incomplete(format!(
                "signs the header `{name}`, which the request doesn't have"
            )));
        };
        // Several make one value when they are signed, and only the first of them is read.
        if parts.headers.get_all(&known).iter().count() > 1 {
            return Err(incomplete(format!(
                "signs the header `{name}`, which the request has more than once"
            )));
        }
        signed.push(known);
    }
    let of_aws = parts
        .headers
        .keys()
        .filter(|name| name.as_str().starts_with("x-amz-"));
    for name in of_aws.chain([&HOST, &X_AMZ_DATE]) {
        if !signed.contains(name) {
            return Err(incomplete(format!("leaves out the header `{name}`")));
        }
    }
    Ok(signed)
}

/// As in `20260131T120000Z`.
fn moment(text: &str) -> Option<Timestamp> {
    if text.len() != 16 {
        return None;
    }
    let civil = DateTime::strptime("%Y%m%dT%H%M%SZ", text).ok()?;
    Some(civil.to_zoned(TimeZone::UTC).ok()?.timestamp())
}

fn incomplete(what: impl std::fmt::Display) -> Failure {
    let message = format!(
        "the signature {what}; sign with Signature Version 4 as AWS's clients do, in the Authorization header"
    );
    Failure::new("IncompleteSignatureException", 403, message)
}
