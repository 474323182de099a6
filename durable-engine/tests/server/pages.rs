//! What a browser sends for a web page that somebody on this machine looks at.

use durable_engine::server::Credentials;

use crate::held::Held;
use crate::http::Request;
use crate::model::assert_refused;

fn invoke() -> Request {
    Request::new("POST", "/2015-03-31/functions/echo/invocations").body("1")
}

async fn assert_denied(held: &Held, request: Request, words: &str) {
    let answer = request.send(held.address).await;
    assert_refused(None, &answer);
    assert_eq!(
        (answer.status, answer.exception()),
        (403, "AccessDeniedException")
    );
    assert!(answer.message().contains(words), "{answer:?}");
}

#[tokio::test]
async fn web_pages_are_not_let_in() {
    let held = Held::start().await;
    assert_eq!(invoke().send(held.address).await.body, b"1");
    for (header, value) in [
        ("origin", "https://example.com"),
        ("origin", "null"),
        ("origin", "http://localhost:9001"),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-origin"),
        // Typed into the address bar: nobody needs it, and a page can have one typed in.
        ("sec-fetch-site", "none"),
    ] {
        assert_denied(&held, invoke().header(header, value), "web pages").await;
    }
}

/// DNS rebinding: the page's own name points at loopback, and its browser sees one site.
#[tokio::test]
async fn a_name_that_is_not_of_this_machine_is_not_answered() {
    let held = Held::start().await;
    let port = held.address.port();
    for host in [
        format!("127.0.0.1:{port}"),
        format!("LOCALHOST:{port}"),
        "[::1]".to_owned(),
        "orders.localhost:80".to_owned(),
    ] {
        let answer = invoke().header("host", &host).send(held.address).await;
        assert_eq!(answer.body, b"1", "{host}");
    }
    for host in [
        "rebound.example",
        "127.0.0.1.rebound.example",
        "localhost@rebound.example",
        "10.0.0.1",
        "0.0.0.0",
        "",
    ] {
        assert_denied(&held, invoke().header("host", host), "[::1] or localhost").await;
    }
    let two = invoke()
        .header("host", "localhost")
        .header("host", "rebound.example");
    assert_denied(&held, two, "no host, or several").await;
    let mut whole = invoke();
    whole.path.insert_str(0, "http://rebound.example");
    assert_denied(&held, whole, "`rebound.example`").await;
}

/// A page has no credentials, and who has some may call the server by any name.
#[tokio::test]
async fn with_credentials_the_name_is_no_matter() {
    let token = "0fd1b9c8a4e7435c";
    let credentials = Credentials::new().bearer_token(token).unwrap();
    let held = Held::start_with(|server| server.authenticate(credentials)).await;
    let bearer = format!("Bearer {token}");
    let named = || {
        invoke()
            .header("host", "engine.example")
            .header("authorization", &bearer)
    };
    assert_eq!(named().send(held.address).await.body, b"1");
    assert_denied(
        &held,
        named().header("origin", "http://engine.example"),
        "web pages",
    )
    .await;
}
