//! AWS Signature Version 4 for requests whose whole body is at hand. By ring, which TLS brings along: the signing crate of the AWS SDK brings 25 more.
//!
//! The algorithm is AWS's, "Create a signed AWS API request" in the IAM user guide. The tests hold it against the SDK's own signer.

use std::time::SystemTime;

use ring::digest::{self, Context, SHA256};
use ring::hmac::{self, HMAC_SHA256, Key};

use crate::wire::{Date, Timestamp};

const ALGORITHM: &str = "AWS4-HMAC-SHA256";
const SERVICE: &str = "lambda";

/// Who signs.
#[derive(Clone)]
pub(super) struct Credentials {
    pub(super) access_key_id: String,
    pub(super) secret_access_key: String,
    pub(super) session_token: Option<String>,
}

/// The time of a signature, as `20260131T235959Z`.
pub(super) struct Moment(String);

impl Moment {
    /// A clock that no calendar knows reads as the epoch, and the service refuses the signature and names the time.
    pub(super) fn new(time: SystemTime) -> Self {
        let date = Date::of(Timestamp::from(time).as_millis());
        let Date {
            year,
            month,
            day,
            hour,
            minute,
            second,
            ..
        } = date.unwrap_or(Date::EPOCH);
        Self(format!(
            "{year:04}{month:02}{day:02}T{hour:02}{minute:02}{second:02}Z"
        ))
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    fn date(&self) -> &str {
        self.0
            .split_once('T')
            .map_or(self.0.as_str(), |(date, _)| date)
    }
}

/// What is signed of a request.
pub(super) struct Signed<'a> {
    pub(super) method: &'a str,
    /// As in the request line, each segment percent-encoded.
    pub(super) path: &'a str,
    /// As in the request line, in the order of the names.
    pub(super) query: &'a str,
    /// Names in lower case, in their order.
    pub(super) headers: &'a [(&'a str, &'a str)],
    pub(super) body: &'a [u8],
}

impl Signed<'_> {
    /// The value of the `authorization` header.
    pub(super) fn authorization(
        &self,
        credentials: &Credentials,
        region: &str,
        moment: &Moment,
    ) -> String {
        let date = moment.date();
        let scope = format!("{date}/{region}/{SERVICE}/aws4_request");
        let names = self.names();
        let mut to_sign = format!("{ALGORITHM}\n{}\n{scope}\n", moment.as_str());
        push_hex(&mut to_sign, self.canonical(&names).as_ref());

        let secret = format!("AWS4{}", credentials.secret_access_key);
        let mut key = hmac(secret.as_bytes(), date);
        for part in [region, SERVICE, "aws4_request"] {
            key = hmac(key.as_ref(), part);
        }
        let signature = hmac(key.as_ref(), &to_sign);

        let mut header = format!(
            "{ALGORITHM} Credential={}/{scope}, SignedHeaders={names}, Signature=",
            credentials.access_key_id
        );
        push_hex(&mut header, signature.as_ref());
        header
    }

    fn names(&self) -> String {
        let mut names = String::with_capacity(96);
        for (name, _) in self.headers {
            if !names.is_empty() {
                names.push(';');
            }
            names.push_str(name);
        }
        names
    }

    /// The hash of the canonical request, which never stands in memory as a whole.
    fn canonical(&self, names: &str) -> digest::Digest {
        let mut hash = Context::new(&SHA256);
        let mut push = |text: &str| hash.update(text.as_bytes());
        push(self.method);
        push("\n");
        // The path is encoded once more, by every service but S3. After the first time only `%` is left to encode.
        for (number, part) in self.path.split('%').enumerate() {
            if number > 0 {
                push("%25");
            }
            push(part);
        }
        push("\n");
        push(self.query);
        push("\n");
        for (name, value) in self.headers {
            push(name);
            push(":");
            for (number, word) in value.split(' ').filter(|word| !word.is_empty()).enumerate() {
                if number > 0 {
                    push(" ");
                }
                push(word);
            }
            push("\n");
        }
        push("\n");
        push(names);
        push("\n");
        let mut body = String::with_capacity(64);
        push_hex(&mut body, digest::digest(&SHA256, self.body).as_ref());
        push(&body);
        hash.finish()
    }
}

fn hmac(key: &[u8], text: &str) -> hmac::Tag {
    hmac::sign(&Key::new(HMAC_SHA256, key), text.as_bytes())
}

/// By hand, since formatting costs ten times as much, and there are 96 bytes to a signature.
fn push_hex(text: &mut String, bytes: &[u8]) {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 0xf]);
    text.extend(digits.map(|digit| match digit {
        0..=9 => char::from(b'0' + digit),
        _ => char::from(b'a' + digit - 10),
    }));
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use aws_credential_types::Credentials as TheirCredentials;
    use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
    use aws_sigv4::sign::v4::SigningParams;
    use proptest::prelude::*;

    use super::*;

    /// The `authorization` that the AWS SDK's signer gives.
    fn theirs(signed: &Signed<'_>, credentials: &Credentials, time: SystemTime) -> String {
        let identity = TheirCredentials::new(
            &credentials.access_key_id,
            &credentials.secret_access_key,
            credentials.session_token.clone(),
            None,
            "test",
        )
        .into();
        let parameters = SigningParams::builder()
            .identity(&identity)
            .region("eu-west-1")
            .name("lambda")
            .time(time)
            .settings(SigningSettings::default())
            .build()
            .unwrap()
            .into();
        let url = format!("https://host.example{}?{}", signed.path, signed.query);
        // The signer adds these by itself.
        let own = ["host", "x-amz-date", "x-amz-security-token"];
        let headers = signed.headers.iter().copied();
        let request = SignableRequest::new(
            signed.method,
            url,
            headers.filter(|(name, _)| !own.contains(name)),
            SignableBody::Bytes(signed.body),
        )
        .unwrap();
        let (instructions, _) = sign(request, &parameters).unwrap().into_parts();
        let (headers, _) = instructions.into_parts();
        let authorization = headers
            .iter()
            .find(|header| header.name() == "authorization");
        authorization.unwrap().value().to_owned()
    }

    proptest! {
        #[test]
        fn the_signature_is_the_sdks(
            secret in "[A-Za-z0-9/+]{1,60}",
            token in proptest::option::of("[A-Za-z0-9/+=]{1,300}"),
            seconds in 0_u64..4_102_444_800,
            segment in "([A-Za-z0-9_.~-]|%3A|%2F|%24){3,40}",
            marker in "([A-Za-z0-9_.~-]|%3D|%20|%2B){0,40}",
            tenant in "[A-Za-z0-9:=@/-]{1,8}( {1,3}[a-z]{1,4}){0,2}",
            body in prop::collection::vec(any::<u8>(), 0..200),
            is_post in any::<bool>(),
        ) {
            let credentials = Credentials {
                access_key_id: "AKIDEXAMPLE".to_owned(),
                secret_access_key: secret,
                session_token: token,
            };
            let time = UNIX_EPOCH + Duration::from_secs(seconds);
            let moment = Moment::new(time);
            let mut headers = vec![("host", "host.example"), ("x-amz-date", moment.as_str())];
            if let Some(token) = &credentials.session_token {
                headers.push(("x-amz-security-token", token));
            }
            headers.push(("x-amz-tenant-id", &tenant));
            let signed = Signed {
                method: if is_post { "POST" } else { "GET" },
                path: &format!("/2025-12-01/durable-executions/{segment}/state"),
                query: &format!("Marker={marker}&MaxItems=1000"),
                headers: &headers,
                body: &body,
            };
            prop_assert_eq!(
                signed.authorization(&credentials, "eu-west-1", &moment),
                theirs(&signed, &credentials, time)
            );
        }
    }

    #[test]
    fn a_moment_is_written_as_aws_reads_it() {
        let moment = Moment::new(UNIX_EPOCH + Duration::from_secs(1_767_225_599));
        assert_eq!(moment.as_str(), "20251231T235959Z");
        assert_eq!(moment.date(), "20251231");
    }
    #[test]
    fn a_moment_beyond_the_calendar_is_the_epoch() {
        let beyond = UNIX_EPOCH + Duration::from_secs(253_402_300_800);
        assert_eq!(Moment::new(beyond).as_str(), "19700101T000000Z");
    }
}
