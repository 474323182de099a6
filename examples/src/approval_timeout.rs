//! The `approval-timeout` example: `race!` of a manager's answer against a sleep.
//!
//! The answer arrives as a file, and a step looks for it: a failed attempt is "not there yet", and the step's retry strategy says when to look again. Between two
//! looks nothing runs, and a crash loses neither the question nor the time that has passed.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use durable_runtime::prelude::*;
use durable_runtime::{ErrorObject, RetryDecision};
use serde::{Deserialize, Serialize};
use thiserror::Error as ThisError;

use crate::shared::Failure;

/// A request that needs somebody's consent, and gets an answer or none.
#[durable_workflow]
pub async fn approval(request: Request, #[state] inbox: Inbox) -> Result<Decision> {
    ask(&inbox, &request).await?;

    match race!(
        answered => look_for_answer(&inbox, &request.id),
        late => sleep(Duration::from_secs(request.timeout_seconds)),
    ) {
        answered(answer) => Ok(decide(answer?)),
        late(()) => {
            withdraw(&inbox, &request.id).await?;
            Ok(Decision::Expired {
                after_seconds: request.timeout_seconds,
            })
        }
    }
}

fn decide(answer: Answer) -> Decision {
    match answer.approved {
        true => Decision::Approved { by: answer.by },
        false => Decision::Rejected { by: answer.by },
    }
}

/// Puts the question where the manager finds it.
#[step]
pub async fn ask(inbox: &Inbox, request: &Request) -> Result<()> {
    tracing::info!("{}: asking for consent: {}", request.id, request.what);
    Ok(inbox.write(&request.id, "question", request)?)
}

/// Takes the manager's answer, if it is there.
#[step(retry = patiently)]
pub async fn look_for_answer(inbox: &Inbox, request: &str) -> Result<Answer, NoAnswer> {
    let answer = inbox.answer(request)?;
    tracing::info!("{request}: {} has answered", answer.by);
    Ok(answer)
}

/// Every second for the first minute, then every half minute, for as long as the workflow wants to know.
fn patiently(_: &ErrorObject, attempt: u32) -> RetryDecision {
    RetryDecision::RetryAfter(Duration::from_secs(if attempt < 60 { 1 } else { 30 }))
}

/// Takes the question back.
#[step]
pub async fn withdraw(inbox: &Inbox, request: &str) -> Result<()> {
    tracing::info!("{request}: nobody answered in time");
    Ok(inbox.remove(request, "question")?)
}

/// What somebody wants.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Request {
    /// What the answer refers to; the execution's id too.
    pub id: String,
    /// What for.
    pub what: String,
    /// How long to wait for an answer, in seconds.
    pub timeout_seconds: u64,
}

/// What the manager says.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Answer {
    /// Who.
    pub by: String,
    /// Yes or no.
    pub approved: bool,
}

/// What became of a request.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(tag = "decision", rename_all = "snake_case")]
pub enum Decision {
    /// Yes.
    Approved {
        /// Who said so.
        by: String,
    },
    /// No.
    Rejected {
        /// Who said so.
        by: String,
    },
    /// Nobody said anything in time.
    Expired {
        /// How long the request stood.
        after_seconds: u64,
    },
}

/// Why a look for an answer found none.
#[derive(Clone, Debug, PartialEq, Eq, ThisError, Deserialize, Serialize)]
pub enum NoAnswer {
    /// There is none yet.
    #[error("no answer yet")]
    NotYet,
    /// There is a file, and it is none that `--approve` wrote.
    #[error("{0}")]
    Unreadable(String),
}

/// The folder in which questions and answers lie.
#[derive(Clone, Debug)]
pub struct Inbox {
    folder: PathBuf,
}

impl Inbox {
    /// Opens the folder, making it if need be.
    ///
    /// # Errors
    /// When it can't be made; the message names it.
    pub fn open(folder: &Path) -> Result<Self, Failure> {
        std::fs::create_dir_all(folder).map_err(|error| {
            Failure::Input(format!(
                "can't use {} as inbox: {error}; give another folder with --inbox",
                folder.display()
            ))
        })?;
        Ok(Self {
            folder: folder.to_owned(),
        })
    }

    /// Answers a request.
    ///
    /// # Errors
    /// When nobody asked, or the answer can't be written.
    pub fn reply(&self, request: &str, answer: &Answer) -> Result<(), Failure> {
        let question = self.path(request, "question");
        if !question.exists() {
            return Err(Failure::Input(format!(
                "nobody waits for an answer to `{request}`: there is no {}; start the workflow first, or give its --id and --inbox",
                question.display()
            )));
        }
        self.write(request, "answer", answer)
            .map_err(|error| Failure::Input(error.to_string()))
    }

    fn path(&self, request: &str, kind: &str) -> PathBuf {
        self.folder.join(format!("{request}.{kind}.json"))
    }

    fn answer(&self, request: &str) -> Result<Answer, NoAnswer> {
        let path = self.path(request, "answer");
        match std::fs::read_to_string(&path) {
            Ok(text) => serde_json::from_str(&text).map_err(|error| {
                NoAnswer::Unreadable(format!("{} is no answer: {error}", path.display()))
            }),
            Err(error) if error.kind() == ErrorKind::NotFound => Err(NoAnswer::NotYet),
            Err(error) => Err(NoAnswer::Unreadable(format!(
                "can't read {}: {error}",
                path.display()
            ))),
        }
    }

    /// Written beside and moved into place, so that nobody reads half of it.
    fn write(&self, request: &str, kind: &str, value: &impl Serialize) -> std::io::Result<()> {
        let path = self.path(request, kind);
        let beside = path.with_extension(format!("{}.tmp", std::process::id()));
        std::fs::write(&beside, serde_json::to_string(value)?)?;
        std::fs::rename(&beside, &path)
    }

    fn remove(&self, request: &str, kind: &str) -> std::io::Result<()> {
        match std::fs::remove_file(self.path(request, kind)) {
            // Gone at an attempt that was interrupted.
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            removed => removed,
        }
    }
}
