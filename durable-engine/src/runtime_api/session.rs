//! [`Session`]: what the engine and one process have to say to each other. The API that the process calls is in [`api`](super::api).

use bytes::Bytes;
use parking_lot::Mutex;
use tokio::sync::{Notify, oneshot};

use crate::function::{FunctionError, FunctionRequest};

/// How an invocation ended, as the process tells it.
pub(super) type Answer = Result<Bytes, FunctionError>;

#[derive(Debug, Default)]
pub(super) struct Session {
    state: Mutex<State>,
    offered: Notify,
}

#[derive(Debug, Default)]
struct State {
    /// For the process to fetch.
    offer: Option<Offer>,
    /// What the process works at.
    current: Option<Current>,
}

#[derive(Debug)]
struct Offer {
    request: FunctionRequest,
    fetched: oneshot::Sender<()>,
    answer: oneshot::Sender<Answer>,
}

#[derive(Debug)]
struct Current {
    request_id: String,
    answer: oneshot::Sender<Answer>,
}

/// An invocation that was put before the process.
#[derive(Debug)]
pub(super) struct Offered {
    pub(super) fetched: oneshot::Receiver<()>,
    pub(super) answer: oneshot::Receiver<Answer>,
}

impl Session {
    /// Puts an invocation before the process. There is never more than one.
    pub(super) fn offer(&self, request: FunctionRequest) -> Offered {
        let (fetched_sender, fetched) = oneshot::channel();
        let (answer_sender, answer) = oneshot::channel();
        self.state.lock().offer = Some(Offer {
            request,
            fetched: fetched_sender,
            answer: answer_sender,
        });
        self.offered.notify_one();
        Offered { fetched, answer }
    }

    /// The next invocation, when there is one. `None`: the process has not answered the last one yet.
    pub(super) async fn next(&self) -> Option<FunctionRequest> {
        loop {
            {
                let mut state = self.state.lock();
                if state.current.is_some() {
                    return None;
                }
                if let Some(offer) = state.offer.take() {
                    state.current = Some(Current {
                        request_id: offer.request.request_id.clone(),
                        answer: offer.answer,
                    });
                    // Whoever invoked may have given up; the process is being killed then.
                    let _ = offer.fetched.send(());
                    return Some(offer.request);
                }
            }
            self.offered.notified().await;
        }
    }

    /// Whether the process works at this invocation.
    pub(super) fn is_current(&self, request_id: &str) -> bool {
        let state = self.state.lock();
        let current = state.current.as_ref();
        current.is_some_and(|current| current.request_id == request_id)
    }

    /// The process has answered. False when it works at no such invocation.
    pub(super) fn answer(&self, request_id: &str, answer: Answer) -> bool {
        let mut state = self.state.lock();
        let is_this = |current: &mut Current| current.request_id == request_id;
        let Some(current) = state.current.take_if(is_this) else {
            return false;
        };
        let _ = current.answer.send(answer);
        true
    }

    /// The process can't serve at all. Whoever waits for it is told why.
    pub(super) fn init_failed(&self, error: FunctionError) {
        let mut state = self.state.lock();
        let offered = state.offer.take().map(|offer| offer.answer);
        let waiting = offered.or_else(|| state.current.take().map(|current| current.answer));
        if let Some(waiting) = waiting {
            let _ = waiting.send(Err(error));
        }
    }
}
