//! Bytes that are no request, or two, or too many, or that come too late. What a server does with them that clients never send.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

use crate::held::Held;
use crate::http::{Request, exchange};

const ECHO: &str = "POST /2015-03-31/functions/echo/invocations HTTP/1.1\r\nhost: localhost\r\n";
/// A request that must not be taken for one of its own when it stands in the body of another.
const HIDDEN: &str = "GET /hidden HTTP/1.1\r\nhost: localhost\r\n\r\n";

/// All that a server says to these bytes until it closes the connection. The client's side stays open.
async fn said(held: &Held, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(held.address).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    let mut read = Vec::new();
    // One that is closed with bytes of the client's unread is reset, after what it says.
    let closed = timeout(Duration::from_secs(20), async {
        let mut buffer = [0; 4096];
        while let Ok(count @ 1..) = stream.read(&mut buffer).await {
            read.extend_from_slice(&buffer[..count]);
        }
    });
    assert!(
        closed.await.is_ok(),
        "still open after {:?}",
        String::from_utf8_lossy(bytes)
    );
    String::from_utf8_lossy(&read).into_owned()
}

fn answers(said: &str) -> usize {
    said.matches("HTTP/1.1 ").count()
}

async fn assert_one(held: &Held, bytes: &str, status: &str) {
    let said = said(held, bytes.as_bytes()).await;
    let begins = format!("HTTP/1.1 {status}");
    assert!(said.starts_with(&begins), "{bytes:?} was answered {said:?}");
    assert_eq!(answers(&said), 1, "{bytes:?} was answered {said:?}");
}

/// A proxy that goes by the one length and a server that goes by the other see different requests.
#[tokio::test]
async fn of_two_lengths_nothing_is_left_that_could_be_another_request() {
    let held = Held::start().await;
    let chunk = "1\r\n7\r\n0\r\n\r\n";
    let all = chunk.len() + HIDDEN.len();
    for lengths in [
        format!("content-length: {all}\r\ntransfer-encoding: chunked\r\n"),
        format!("transfer-encoding: chunked\r\ncontent-length: {all}\r\n"),
        format!("Transfer-Encoding: CHUNKED\r\nContent-Length: {all}\r\n"),
    ] {
        let request = format!("{ECHO}{lengths}\r\n{chunk}{HIDDEN}");
        assert_one(&held, &request, "200").await;
    }
}

#[tokio::test]
async fn lengths_that_can_be_read_in_two_ways_are_refused() {
    let held = Held::start().await;
    for lengths in [
        "content-length: 1\r\ncontent-length: 40",
        "content-length: 40\r\ncontent-length: 1",
        "content-length: 1, 40",
        "content-length: 1, 1",
        "content-length: +1",
        "content-length: -1",
        "content-length: 0x1",
        "content-length: 1 1",
        "content-length: ",
        "content-length: 18446744073709551617",
        "content-length : 1",
        "content-length\t: 1",
        "content\u{0}-length: 1",
        "transfer-encoding: identity",
        "transfer-encoding: chunked, identity",
        "transfer-encoding: xchunked",
        "transfer-encoding: \u{b}chunked",
        "transfer-encoding : chunked",
        "transfer-encoding:\r\n chunked",
        "x: y\r\n content-length: 1",
        " x: y\r\ncontent-length: 1",
        "x: y\rcontent-length: 1",
        "x: y\u{0}\r\ncontent-length: 1",
        "no colon\r\ncontent-length: 1",
    ] {
        assert_one(&held, &format!("{ECHO}{lengths}\r\n\r\n7{HIDDEN}"), "400").await;
    }
    let old = ECHO.replace("HTTP/1.1", "HTTP/1.0");
    let old = format!("{old}transfer-encoding: chunked\r\n\r\n1\r\n7\r\n0\r\n\r\n{HIDDEN}");
    assert_one(&held, &old, "400").await;
}

/// The same length twice is one, and a line may end without its carriage return: RFC 9112, sections 6.3 and 2.2.
#[tokio::test]
async fn what_can_be_read_in_one_way_only_is_read() {
    let held = Held::start().await;
    let same = "content-length: 1\r\ncontent-length: 1\r\nconnection: close";
    assert_one(&held, &format!("{ECHO}{same}\r\n\r\n7{HIDDEN}"), "200").await;
    let bare =
        format!("{ECHO}content-length: 1\r\nconnection: close\r\n\r\n").replace("\r\n", "\n");
    assert_one(&held, &format!("{bare}7{HIDDEN}"), "200").await;
}

#[tokio::test]
async fn chunks_of_no_size_end_the_connection() {
    let held = Held::start().await;
    for body in [
        "x\r\n7\r\n0\r\n\r\n",
        "-1\r\n7\r\n0\r\n\r\n",
        "\r\n7\r\n0\r\n\r\n",
        "0x1\r\n7\r\n0\r\n\r\n",
        "1 1\r\n7\r\n0\r\n\r\n",
        "10000000000000001\r\n7\r\n0\r\n\r\n",
        "ffffffffffffffff\r\n7\r\n0\r\n\r\n",
        "1\n7\r\n0\r\n\r\n",
        "1\r\n77\r\n0\r\n\r\n",
        "1;a\nb\r\n7\r\n0\r\n\r\n",
        "1\r\n7\r\n0\r\nx: y\r\n z\r\n\r\n",
    ] {
        let request = format!("{ECHO}transfer-encoding: chunked\r\n\r\n{body}{HIDDEN}");
        // Not all of it is a body that comes to its end, and some of the rest is taken for the body.
        let mut stream = TcpStream::connect(held.address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        stream.shutdown().await.unwrap();
        let mut read = Vec::new();
        let _ = stream.read_to_end(&mut read).await;
        let said = String::from_utf8_lossy(&read);
        assert!(
            !said.contains("HTTP/1.1 200") && !said.contains("/hidden"),
            "{body:?}: {said:?}"
        );
    }
}

#[tokio::test]
async fn floods_of_headers_are_cut_off() {
    let held = Held::start().await;
    let many = |count: usize| {
        (0..count)
            .map(|n| format!("x-{n}: y\r\n"))
            .collect::<String>()
    };
    let end = "connection: close\r\ncontent-length: 1\r\n\r\n7";
    // Host, connection and length are three more.
    assert_one(&held, &format!("{ECHO}{}{end}", many(97)), "200").await;
    assert_one(&held, &format!("{ECHO}{}{end}", many(98)), "431").await;
    let long = |bytes: usize| format!("x: {}\r\n", "y".repeat(bytes));
    assert_one(&held, &format!("{ECHO}{}{end}", long(60_000)), "200").await;
    // Head after head of one that has no end.
    let endless = said(
        &held,
        format!("{ECHO}{}", long(70_000).repeat(20)).as_bytes(),
    )
    .await;
    assert!(
        endless.is_empty() || endless.starts_with("HTTP/1.1 431"),
        "{endless}"
    );
    let path = format!(
        "GET /{} HTTP/1.1\r\nhost: localhost\r\n\r\n",
        "p".repeat(70_000)
    );
    let said = said(&held, path.as_bytes()).await;
    assert!(said.is_empty() || said.starts_with("HTTP/1.1 4"), "{said}");
}

/// How long until the server closes a connection on which this was sent, and a byte of `drip` every second since.
///
/// Paused time goes on to the next timer whenever nothing else is to be done, so it is paused only once there is a connection.
async fn open_for(held: &Held, begin: &str, drip: &str) -> (Duration, String) {
    tokio::time::resume();
    let mut stream = TcpStream::connect(held.address).await.unwrap();
    stream.write_all(begin.as_bytes()).await.unwrap();
    tokio::time::pause();
    let started = Instant::now();
    let mut drip = drip.bytes().cycle();
    let mut read = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        match timeout(Duration::from_secs(1), stream.read(&mut buffer)).await {
            Ok(Ok(count @ 1..)) => read.extend_from_slice(&buffer[..count]),
            Ok(_) => {
                return (
                    started.elapsed(),
                    String::from_utf8_lossy(&read).into_owned(),
                );
            }
            Err(_) => {
                if let Some(byte) = drip.next() {
                    let _ = stream.write_all(&[byte]).await;
                }
            }
        }
        assert!(started.elapsed() < Duration::from_secs(600), "still open");
    }
}

#[tokio::test(start_paused = true)]
async fn slow_clients_are_not_waited_for() {
    let held = Held::start().await;
    let near = |time: Duration, seconds: u64| {
        assert!(
            time.abs_diff(Duration::from_secs(seconds)) < Duration::from_secs(5),
            "{time:?}"
        );
    };
    let (time, said) = open_for(&held, "", "").await;
    near(time, 30);
    assert_eq!(said, "", "an idle connection");
    let (time, _) = open_for(&held, "POST /2015", "").await;
    near(time, 30);
    // Slowloris: there is always another byte.
    let (time, _) = open_for(&held, ECHO, "x-a: b\r\n").await;
    near(time, 30);
    let answered = format!("{ECHO}content-length: 1\r\n\r\n7");
    let (time, said) = open_for(&held, &answered, "").await;
    near(time, 30);
    assert_eq!(answers(&said), 1, "{said}");
    for (length, drip) in [
        ("content-length: 1000", "1"),
        ("transfer-encoding: chunked", "1\r\n7\r\n"),
    ] {
        let (time, said) = open_for(&held, &format!("{ECHO}{length}\r\n\r\n"), drip).await;
        near(time, 60);
        assert!(said.contains("RequestTimeoutException"), "{length}: {said}");
    }
}

/// An answer that nobody reads doesn't stay for ever.
#[tokio::test(start_paused = true)]
async fn a_client_that_reads_nothing_is_given_up() {
    let held = Held::start().await;
    let body = "7".repeat(6_000_000);
    let request = Request::new("POST", "/2015-03-31/functions/echo/invocations").body(body.clone());
    let mut stream = TcpStream::connect(held.address).await.unwrap();
    stream.write_all(&request.bytes()).await.unwrap();
    // Until the server has written what the system takes, and then its time is up.
    for _ in 0..240 {
        stream.readable().await.unwrap();
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    let mut read = Vec::new();
    let _ = stream.read_to_end(&mut read).await;
    assert!(read.len() < body.len(), "all of the answer came");
    // The server is fine.
    let short = Request::new("POST", "/2015-03-31/functions/echo/invocations").body("1");
    assert_eq!(short.send(held.address).await.body, b"1");
}

#[tokio::test]
async fn more_connections_than_there_may_be_wait_for_one_to_end() {
    let held = Held::start_with(|server| server.max_connections(2)).await;
    let idle = [
        TcpStream::connect(held.address).await.unwrap(),
        TcpStream::connect(held.address).await.unwrap(),
    ];
    let request = Request::new("POST", "/2015-03-31/functions/echo/invocations").body("1");
    let mut waiting = tokio::spawn(async move { request.send(held.address).await.body });
    let early = timeout(Duration::from_millis(200), &mut waiting).await;
    assert!(early.is_err(), "there are two connections already");
    drop(idle);
    assert_eq!(waiting.await.unwrap(), b"1");
}

/// Two hundred that say nothing, and one that asks.
#[tokio::test]
async fn idle_connections_keep_nobody_out() {
    let held = Held::start().await;
    let mut idle = Vec::new();
    for _ in 0..200 {
        let mut stream = TcpStream::connect(held.address).await.unwrap();
        stream.write_all(b"GET / HT").await.unwrap();
        idle.push(stream);
    }
    let request = Request::new("POST", "/2015-03-31/functions/echo/invocations").body("1");
    assert_eq!(request.send(held.address).await.body, b"1");
}

#[tokio::test]
async fn no_bytes_bring_it_down() {
    let held = Held::start().await;
    for bytes in [
        &b"\0\0\0\0"[..],
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET /\xff\xfe HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"CONNECT localhost:22 HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n",
        b"TRACE / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n",
    ] {
        let said = said(&held, bytes).await;
        assert!(
            !said.contains(" 200 ") && !said.contains(" 101 "),
            "{bytes:?}: {said}"
        );
    }
    let request = Request::new("POST", "/2015-03-31/functions/echo/invocations").body("1");
    assert_eq!(exchange(held.address, &request.bytes()).await.body, b"1");
}
