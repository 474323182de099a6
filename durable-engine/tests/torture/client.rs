//! A client that does not give up: it sends a request again until somebody answers it.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;

/// How long one try may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// Between two tries.
const PAUSE: Duration = Duration::from_millis(20);

/// A request of the API.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) path: String,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: String,
}

/// An answer: the status and the body.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: String,
}

impl Request {
    pub(crate) fn post(path: impl Into<String>, body: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            headers: Vec::new(),
            body: body.into(),
        }
    }

    /// Starts an execution of this name.
    pub(crate) fn start(function: &str, name: &str, input: String) -> Self {
        let path = format!("/2015-03-31/functions/{function}/invocations?Qualifier=%24LATEST");
        let mut request = Self::post(path, input);
        request.headers = vec![
            ("x-amz-invocation-type", "Event".to_owned()),
            ("x-amz-durable-execution-name", name.to_owned()),
        ];
        request
    }

    /// Completes a callback with some JSON.
    pub(crate) fn succeed(callback: &str, json: String) -> Self {
        let id = escaped(callback);
        let path = format!("/2025-12-01/durable-execution-callbacks/{id}/succeed");
        Self::post(path, json)
    }

    /// Checkpoints an execution.
    pub(crate) fn checkpoint(arn: &str, body: String) -> Self {
        let arn = escaped(arn);
        Self::post(
            format!("/2025-12-01/durable-executions/{arn}/checkpoint"),
            body,
        )
    }

    /// One try.
    pub(crate) async fn send(&self, to: SocketAddr) -> io::Result<Answer> {
        let mut head = format!(
            "POST {} HTTP/1.1\r\nhost: {to}\r\nconnection: close\r\ncontent-length: {}\r\n",
            self.path,
            self.body.len()
        );
        for (name, value) in &self.headers {
            head += &format!("{name}: {value}\r\n");
        }
        let exchange = async {
            let mut stream = TcpStream::connect(to).await?;
            stream
                .write_all(format!("{head}\r\n{}", self.body).as_bytes())
                .await?;
            let mut read = String::new();
            stream.read_to_string(&mut read).await?;
            Ok::<_, io::Error>(read)
        };
        let read = tokio::time::timeout(PATIENCE, exchange)
            .await
            .map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
        let cut = || io::Error::new(io::ErrorKind::UnexpectedEof, "the answer was cut short");
        let (head, body) = read.split_once("\r\n\r\n").ok_or_else(cut)?;
        let length = head.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("content-length")
                .then(|| value.trim().parse::<usize>().unwrap())
        });
        if length.is_some_and(|length| length != body.len()) {
            return Err(cut());
        }
        let status = head.split(' ').nth(1).ok_or_else(cut)?;
        Ok(Answer {
            status: status.parse().unwrap(),
            body: body.to_owned(),
        })
    }

    /// Tries until there is an answer that is not the server's failure. Also says whether an earlier try had no answer: it may have had its effect.
    pub(crate) async fn until_answered(
        &self,
        server: &watch::Receiver<Option<SocketAddr>>,
    ) -> (Answer, bool) {
        let mut unanswered = false;
        loop {
            let address = *server.borrow();
            if let Some(address) = address {
                match self.send(address).await {
                    Ok(answer) if answer.status < 500 && answer.status != 429 => {
                        return (answer, unanswered);
                    }
                    Ok(_) => unanswered = true,
                    // Nobody listens: nothing arrived.
                    Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {}
                    Err(_) => unanswered = true,
                }
            }
            tokio::time::sleep(PAUSE).await;
        }
    }
}

/// Text as it stands in a path.
pub(crate) fn escaped(text: &str) -> String {
    let kept = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    text.bytes()
        .map(|byte| match byte {
            byte if kept(byte) => char::from(byte).to_string(),
            byte => format!("%{byte:02X}"),
        })
        .collect()
}
