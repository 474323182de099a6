//! A client that sends whatever it is told to.

use std::net::SocketAddr;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// An answer, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(of, _)| of == name);
        found.map(|(_, value)| value.as_str())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|_| panic!("{self:?} has a body that is not JSON"))
    }

    /// The message of an error.
    pub(crate) fn message(&self) -> String {
        let body = self.json();
        let text = body.get("message").or_else(|| body.get("Message"));
        text.and_then(Value::as_str).unwrap_or_default().to_owned()
    }

    /// The exception of an error.
    pub(crate) fn exception(&self) -> &str {
        self.header("x-amzn-errortype").unwrap_or_default()
    }
}

/// A request.
#[derive(Debug, Clone, Default)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Request {
    pub(crate) fn new(method: &str, path: impl Into<String>) -> Self {
        Self {
            method: method.to_owned(),
            path: path.into(),
            ..Self::default()
        }
    }

    pub(crate) fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// As it is written, for a connection of its own.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut head = format!(
            "{} {} HTTP/1.1\r\nconnection: close\r\n",
            self.method, self.path
        );
        if !self.headers.iter().any(|(name, _)| name == "host") {
            head += "host: localhost\r\n";
        }
        for (name, value) in &self.headers {
            head += &format!("{name}: {value}\r\n");
        }
        let has = |name: &str| self.headers.iter().any(|(of, _)| of == name);
        if !has("content-length") && !has("transfer-encoding") {
            head += &format!("content-length: {}\r\n", self.body.len());
        }
        head += "\r\n";
        [head.into_bytes(), self.body.clone()].concat()
    }

    pub(crate) async fn send(&self, to: SocketAddr) -> Answer {
        exchange(to, &self.bytes()).await
    }
}

/// Writes the bytes, and reads the answer.
pub(crate) async fn exchange(to: SocketAddr, bytes: &[u8]) -> Answer {
    let mut stream = TcpStream::connect(to).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    let mut read = Vec::new();
    stream.read_to_end(&mut read).await.unwrap();
    let end = b"\r\n\r\n";
    let split = read.windows(4).position(|it| it == end);
    let split = split.unwrap_or_else(|| panic!("no answer: {read:?}"));
    let head = String::from_utf8(read[..split].to_vec()).unwrap();
    let mut lines = head.lines();
    let status = lines.next().unwrap().split(' ').nth(1).unwrap();
    let headers = lines.map(|line| {
        let (name, value) = line.split_once(':').unwrap();
        (name.to_ascii_lowercase(), value.trim().to_owned())
    });
    Answer {
        status: status.parse().unwrap(),
        headers: headers.collect(),
        body: read[split + 4..].to_vec(),
    }
}

/// Text as it stands in a path or a query.
pub(crate) fn escaped(text: &str) -> String {
    let kept = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    text.bytes()
        .map(|byte| match byte {
            byte if kept(byte) => char::from(byte).to_string(),
            byte => format!("%{byte:02X}"),
        })
        .collect()
}
