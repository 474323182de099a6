//! Who is let in where callers are asked who they are. AWS's own crate signs.

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials as AwsCredentials;
use aws_sigv4::http_request::{
    SignableBody, SignableRequest, SigningParams, SigningSettings, sign,
};
use aws_sigv4::sign::v4;
use durable_engine::server::{AccessKey, Credentials};

use crate::held::{Held, execution};
use crate::http::{Answer, Request};
use crate::model::assert_refused;

const TOKEN: &str = "0fd1b9c8a4e7435c";
const ECHO: &str = "/2015-03-31/functions/echo/invocations";

struct Callers {
    held: Held,
    key: AccessKey,
}

async fn callers() -> Callers {
    let key = AccessKey::random();
    let credentials = Credentials::new()
        .access_key(AccessKey::new("OTHER", "0123456789abcdef").unwrap())
        .access_key(key.clone());
    let credentials = credentials.bearer_token(TOKEN).unwrap();
    let held = Held::start_with(|server| server.authenticate(credentials)).await;
    Callers { held, key }
}

/// What a signature is made with.
struct Signer<'a> {
    id: &'a str,
    secret: &'a str,
    service: &'a str,
    time: SystemTime,
    body: Option<SignableBody<'a>>,
}

impl Callers {
    fn signer(&self) -> Signer<'_> {
        Signer {
            id: self.key.id(),
            secret: self.key.secret(),
            service: "lambda",
            time: SystemTime::now(),
            body: None,
        }
    }

    fn echo(&self) -> Request {
        Request::new("POST", ECHO)
            .header("host", &self.held.address.to_string())
            .body("[1]")
    }

    async fn refused(&self, exception: &str, words: &str, request: Request) -> Answer {
        let answer = request.send(self.held.address).await;
        assert_refused(None, &answer);
        assert_eq!(
            (answer.status, answer.exception()),
            (403, exception),
            "{answer:?}"
        );
        let message = answer.message();
        assert!(message.contains(words), "{words:?} is not in {message:?}");
        assert!(!message.contains(self.key.secret()), "{message}");
        answer
    }

    async fn taken(&self, request: Request) {
        let answer = request.send(self.held.address).await;
        assert_eq!(
            (answer.status, &*answer.body),
            (200, &b"[1]"[..]),
            "{answer:?}"
        );
    }
}

impl Signer<'_> {
    fn sign(&self, mut request: Request) -> Request {
        let identity = AwsCredentials::new(self.id, self.secret, None, None, "test").into();
        let params = v4::SigningParams::builder()
            .identity(&identity)
            .region("eu-west-1")
            .name(self.service)
            .time(self.time)
            .settings(SigningSettings::default())
            .build()
            .unwrap();
        let host = request.headers.iter().find(|(name, _)| name == "host");
        let url = format!("http://{}{}", host.unwrap().1, request.path);
        let headers = request
            .headers
            .iter()
            .map(|(name, value)| (&**name, &**value));
        let body = match &self.body {
            Some(SignableBody::UnsignedPayload) => SignableBody::UnsignedPayload,
            _ => SignableBody::Bytes(&request.body),
        };
        let signable = SignableRequest::new(&request.method, url, headers, body).unwrap();
        let (instructions, _) = sign(signable, &SigningParams::V4(params))
            .unwrap()
            .into_parts();
        let (headers, _) = instructions.into_parts();
        for header in headers {
            request = request.header(header.name(), header.value());
        }
        request
    }
}

/// The header with this name becomes what it is made of the one there is.
fn changed(mut request: Request, name: &str, change: impl FnOnce(&str) -> String) -> Request {
    let header = request
        .headers
        .iter_mut()
        .find(|(of, _)| of == name)
        .unwrap();
    header.1 = change(&header.1);
    request
}

#[tokio::test]
async fn nobody_comes_in_without_credentials_whatever_they_ask_for() {
    let callers = callers().await;
    let with = |value: &str| callers.echo().header("authorization", value);
    let missing = "MissingAuthenticationTokenException";
    callers
        .refused(missing, "no Authorization", callers.echo())
        .await;
    for path in [
        "/",
        "/health",
        "/ping",
        "/2025-12-01/durable-executions/x",
        "*",
    ] {
        let request = Request::new("GET", path);
        callers.refused(missing, "no Authorization", request).await;
    }
    for other in [
        "Basic bG9jYWw6bG9jYWw=",
        "AWS4-HMAC-SHA512 Credential=x",
        "",
        "Bearer",
    ] {
        callers
            .refused(missing, "of another kind", with(other))
            .await;
    }
    let twice = with(&format!("Bearer {TOKEN}")).header("authorization", "Bearer x");
    callers.refused(missing, "more than one", twice).await;
}

#[tokio::test]
async fn a_bearer_token_is_taken_whole_or_not_at_all() {
    let callers = callers().await;
    let with = |value: &str| callers.echo().header("authorization", value);
    callers.taken(with(&format!("Bearer {TOKEN}"))).await;
    callers.taken(with(&format!("bearer {TOKEN}"))).await;
    let cut = TOKEN.len() - 1;
    for wrong in [
        "",
        &TOKEN[..cut],
        &format!("{TOKEN}0"),
        &TOKEN.to_uppercase(),
    ] {
        let request = with(&format!("Bearer x{wrong}"));
        callers
            .refused(
                "UnrecognizedClientException",
                "none of this server's",
                request,
            )
            .await;
        let request = with(&format!("Bearer {wrong} "));
        let answer = request.send(callers.held.address).await;
        assert_eq!(answer.status, 403, "{wrong}");
    }
}

#[tokio::test]
async fn a_signature_is_good_for_what_was_signed() {
    let callers = callers().await;
    let signer = callers.signer();
    callers.taken(signer.sign(callers.echo())).await;
    // A header that isn't AWS's may come and go on the way, and spaces too.
    let signed = signer.sign(callers.echo().header("x-amz-client-context", "a  b"));
    let signed = changed(signed, "x-amz-client-context", |_| "  a b ".to_owned());
    callers
        .taken(signed.header("x-amzn-trace-id", "Root=1"))
        .await;

    let wrong = "InvalidSignatureException";
    let words = "is not the one that this request has";
    let mut other = signer.sign(callers.echo());
    other.body = b"[2]".to_vec();
    callers.refused(wrong, words, other).await;
    for path in [
        "/2015-03-31/functions/ech%6F/invocations",
        "/2015-03-31/functions/./echo/invocations",
        "/2015-03-31/functions/x/../echo/invocations",
        "/2015-03-31//functions/echo/invocations",
        "/2015-03-31/functions/echo/invocations?Qualifier=1",
        "/2015-03-31/functions/orders/invocations",
    ] {
        let mut other = signer.sign(callers.echo());
        path.clone_into(&mut other.path);
        let answer = other.send(callers.held.address).await;
        assert!(
            answer.status == 403 || answer.status == 404,
            "{path}: {answer:?}"
        );
    }
    let mut put = signer.sign(callers.echo());
    "PATCH".clone_into(&mut put.method);
    assert_eq!(put.send(callers.held.address).await.status, 404);
    let host = changed(signer.sign(callers.echo()), "host", |_| "else:1".to_owned());
    callers.refused(wrong, words, host).await;
    let region = signer.sign(callers.echo());
    let region = changed(region, "authorization", |it| {
        it.replace("eu-west-1", "eu-west-2")
    });
    callers.refused(wrong, words, region).await;
    let last = changed(signer.sign(callers.echo()), "authorization", |it| {
        let (start, end) = it.split_at(it.len() - 1);
        format!("{start}{}", if end == "0" { "1" } else { "0" })
    });
    callers.refused(wrong, words, last).await;
    let secret = Signer {
        secret: "0123456789abcdef",
        ..callers.signer()
    };
    callers
        .refused(wrong, words, secret.sign(callers.echo()))
        .await;
    let unsigned = Signer {
        body: Some(SignableBody::UnsignedPayload),
        ..callers.signer()
    };
    callers
        .refused(wrong, words, unsigned.sign(callers.echo()))
        .await;
}

#[tokio::test]
async fn a_signature_leaves_out_nothing_that_counts() {
    let callers = callers().await;
    let signer = callers.signer();
    let incomplete = "IncompleteSignatureException";
    let signed = || signer.sign(callers.echo());
    let named = |names: &'static str| {
        move |it: &str| {
            let (start, rest) = it.split_once("SignedHeaders=").unwrap();
            let (_, end) = rest.split_once(',').unwrap();
            format!("{start}SignedHeaders={names},{end}")
        }
    };
    for (names, words) in [
        ("host", "leaves out the header `x-amz-date`"),
        ("x-amz-date", "leaves out the header `host`"),
        (
            "host;nothing;x-amz-date",
            "`nothing`, which the request doesn't have",
        ),
        ("Host;x-amz-date", "`Host`, which the request doesn't have"),
        ("", "``, which the request doesn't have"),
    ] {
        let request = changed(signed(), "authorization", named(names));
        callers.refused(incomplete, words, request).await;
    }
    let more = signed().header("x-amz-invocation-type", "Event");
    callers
        .refused(
            incomplete,
            "leaves out the header `x-amz-invocation-type`",
            more,
        )
        .await;
    let tenant = signer.sign(callers.echo().header("x-amz-tenant-id", "a,b"));
    let split =
        changed(tenant, "x-amz-tenant-id", |_| "a".to_owned()).header("x-amz-tenant-id", "b");
    callers.refused(incomplete, "more than once", split).await;
    for (from, to, words) in [
        ("Credential=", "Credentials=", "has no Credential"),
        ("SignedHeaders=", "Signed=", "has no SignedHeaders"),
        ("Signature=", "Signature=x", "64 hexadecimal digits"),
        ("/lambda/", "/lambda/x/", "KEY/DAY/REGION"),
        ("aws4_request", "aws5_request", "`lambda/aws5_request`"),
    ] {
        let request = changed(signed(), "authorization", |it| it.replace(from, to));
        callers.refused(incomplete, words, request).await;
    }
    let s3 = Signer {
        service: "s3",
        ..callers.signer()
    };
    callers
        .refused(incomplete, "is for `s3/", s3.sign(callers.echo()))
        .await;
    let date = changed(signed(), "x-amz-date", |_| "yesterday".to_owned());
    callers.refused(incomplete, "X-Amz-Date", date).await;
    let nobody = Signer {
        id: "NOBODY",
        ..callers.signer()
    };
    let unknown = "UnrecognizedClientException";
    callers
        .refused(
            unknown,
            "no access key `NOBODY`",
            nobody.sign(callers.echo()),
        )
        .await;
}

#[tokio::test]
async fn a_signature_is_good_for_five_minutes() {
    let callers = callers().await;
    let at = |time| {
        Signer {
            time,
            ..callers.signer()
        }
        .sign(callers.echo())
    };
    let (now, near, far) = (
        SystemTime::now(),
        Duration::from_secs(280),
        Duration::from_secs(320),
    );
    callers.taken(at(now - near)).await;
    callers.taken(at(now + near)).await;
    for time in [now - far, now + far, SystemTime::UNIX_EPOCH] {
        let exception = "InvalidSignatureException";
        let answer = callers.refused(exception, "set the clocks", at(time)).await;
        assert!(answer.header("date").is_some(), "clients set theirs by it");
    }
    let moved = changed(at(now - far), "x-amz-date", |_| aws_date(now));
    let answer = moved.send(callers.held.address).await;
    assert_eq!(answer.status, 403, "{answer:?}");
}

/// The form of `X-Amz-Date`.
fn aws_date(time: SystemTime) -> String {
    let millis = durable_runtime::wire::Timestamp::from(time).as_millis();
    let whole = durable_runtime::wire::Timestamp::from_millis(millis - millis % 1000);
    whole.to_string().replace(['-', ':'], "")
}

/// The characters that encodings differ about, in the path and in the query, once escaped and once bare where that can be sent.
#[tokio::test]
async fn what_is_escaped_has_one_signature() {
    let callers = callers().await;
    let arn = "arn:aws:lambda:eu-west-1:123456789012:function:orders:$LATEST/durable-execution/n/i";
    let bare = format!(
        "/2025-12-01/durable-executions/{arn}/state?CheckpointToken=YQ%3D%3D&Marker=a%20b%2Bc%2F~"
    );
    let escaped = format!(
        "{}/state?Marker=%C3%A4&CheckpointToken=YQ==&CheckpointToken=",
        execution(arn)
    );
    for path in [bare, escaped] {
        let request = Request::new("GET", path.clone()).header("host", "engine.example");
        let answer = callers
            .signer()
            .sign(request)
            .send(callers.held.address)
            .await;
        // Whoever comes this far was let in.
        assert!([400, 404].contains(&answer.status), "{path}: {answer:?}");
    }
    // A plus is no space here, so a signature for the one is none for the other.
    let spaced = Request::new("GET", format!("{}/state?Marker=a%20b", execution(arn)));
    let mut signed = callers
        .signer()
        .sign(spaced.header("host", "engine.example"));
    signed.path = signed.path.replace("%20", "+");
    callers
        .refused("InvalidSignatureException", "is not the one", signed)
        .await;
}
