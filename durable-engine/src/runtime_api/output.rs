//! Reading what a process prints.

use bytes::BytesMut;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use super::logs::Logs;

/// A line longer than this is cut into several.
const LINE_MAX: usize = 1024 * 1024;

/// The reader of one pipe.
#[derive(Debug)]
pub(super) struct Output {
    catch_up: mpsc::UnboundedSender<oneshot::Sender<()>>,
    reader: JoinHandle<()>,
}

impl Output {
    pub(super) fn read(pipe: impl AsyncRead + Unpin + Send + 'static, logs: Logs) -> Self {
        let (catch_up, requests) = mpsc::unbounded_channel();
        Self {
            catch_up,
            reader: tokio::spawn(copy(pipe, logs, requests)),
        }
    }

    /// Returns when the pipe is closed and read.
    pub(super) async fn ended(&mut self) {
        // A reader that panicked has ended too.
        let _ = (&mut self.reader).await;
    }

    /// Returns when all that was printed before is in the log.
    pub(super) async fn caught_up(&self) {
        let (done, caught_up) = oneshot::channel();
        // A reader that is gone has read everything.
        if self.catch_up.send(done).is_ok() {
            let _ = caught_up.await;
        }
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        // A descendant that left the group could hold the pipe open for ever.
        if !self.reader.is_finished() {
            self.reader.abort();
        }
    }
}

async fn copy(
    mut pipe: impl AsyncRead + Unpin,
    logs: Logs,
    mut requests: mpsc::UnboundedReceiver<oneshot::Sender<()>>,
) {
    let mut buffer = BytesMut::new();
    loop {
        tokio::select! {
            // What was printed comes first, so whoever asks is answered when the pipe is empty.
            biased;
            read = pipe.read_buf(&mut buffer) => {
                if !matches!(read, Ok(1..)) {
                    break;
                }
                let whole = match buffer.iter().rposition(|byte| *byte == b'\n') {
                    Some(end) => end + 1,
                    None if buffer.len() >= LINE_MAX => {
                        buffer.extend_from_slice(b"\n");
                        buffer.len()
                    }
                    None => continue,
                };
                logs.write(&buffer.split_to(whole));
            }
            Some(done) = requests.recv() => {
                // Whoever asked may have gone.
                let _ = done.send(());
            }
        }
    }
    if !buffer.is_empty() {
        buffer.extend_from_slice(b"\n");
        logs.write(&buffer);
    }
}
