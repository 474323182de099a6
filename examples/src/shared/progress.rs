//! What an execution waits for, read from its history: so it is right after a restart too.

use std::collections::BTreeMap;
use std::time::Duration;

use durable_engine::core::EventDetails;
use durable_engine::{Clock, Engine, Event, SystemClock};
use durable_runtime::wire::Timestamp;

use super::Terminal;

/// How often the history is read.
const TICK: Duration = Duration::from_millis(100);
/// Without a terminal: at least this long between two lines about one wait.
const LINE_EVERY: Duration = Duration::from_secs(10);

/// Something that will come by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Wait {
    from: Timestamp,
    until: Timestamp,
    /// Of the step that will be tried again; none for a sleep.
    step: Option<String>,
}

/// The waits that have begun and not ended, by operation.
fn waits(history: &[Event]) -> BTreeMap<&str, Wait> {
    let mut waits = BTreeMap::new();
    for event in history {
        let Some(id) = event.id.as_deref() else {
            continue;
        };
        let from = event.event_timestamp;
        match &event.details {
            EventDetails::WaitStarted {
                scheduled_end_timestamp,
                ..
            } => {
                waits.insert(
                    id,
                    Wait {
                        from,
                        until: *scheduled_end_timestamp,
                        step: None,
                    },
                );
            }
            EventDetails::StepFailed { retry_details, .. } => {
                if let Some(seconds) = retry_details.next_attempt_delay_seconds {
                    let until = from.saturating_add(Duration::from_secs(seconds.into()));
                    waits.insert(
                        id,
                        Wait {
                            from,
                            until,
                            step: event.name.as_ref().map(ToString::to_string),
                        },
                    );
                }
            }
            EventDetails::WaitSucceeded { .. }
            | EventDetails::WaitCancelled { .. }
            | EventDetails::StepStarted {}
            | EventDetails::StepSucceeded { .. } => {
                waits.remove(id);
            }
            _ => {}
        }
    }
    waits
}

/// What there is to say about a failed attempt.
fn failed(event: &Event) -> Option<String> {
    let EventDetails::StepFailed {
        error,
        retry_details,
    } = &event.details
    else {
        return None;
    };
    let why = error
        .payload
        .as_ref()
        .and_then(|error| error.error_message.as_deref());
    let step = event.name.as_deref().unwrap_or("a step");
    let next = match retry_details.next_attempt_delay_seconds {
        Some(seconds) => {
            format!(
                "attempt {} in {seconds} s",
                retry_details.current_attempt.saturating_add(1)
            )
        }
        None => "no further attempt".to_owned(),
    };
    Some(format!(
        "{step} failed: {}; {next}",
        why.unwrap_or("no reason given")
    ))
}

/// Shows what one execution waits for, for as long as it is polled.
#[derive(Debug)]
pub(super) struct Progress {
    pub(super) terminal: Terminal,
    /// Events of the history that an earlier process has shown.
    pub(super) seen: usize,
    /// Say what failed and when it is tried again.
    pub(super) retries: bool,
    /// Without a terminal: the wait that the last line was about, and when that line is due again.
    pub(super) said: Option<(Timestamp, Timestamp)>,
}

impl Progress {
    pub(super) async fn follow(mut self, engine: &Engine, arn: &str) {
        loop {
            // A database that can't be read ends the run itself, with a better message than there could be here.
            if let Ok(history) = engine.history(arn).await {
                self.show(&history, SystemClock.now());
            }
            tokio::time::sleep(TICK).await;
        }
    }

    fn show(&mut self, history: &[Event], now: Timestamp) {
        if self.retries {
            history
                .iter()
                .skip(self.seen)
                .filter_map(failed)
                .for_each(|line| tracing::info!("{line}"));
        }
        self.seen = self.seen.max(history.len());

        // A sleep is what the workflow is about; a step that is tried again is an accident.
        let all = waits(history);
        let longest = all
            .values()
            .filter(|wait| wait.until > now)
            .max_by_key(|wait| (wait.step.is_none(), wait.until));
        match longest {
            None => self.terminal.hide_wait(),
            Some(wait) if self.terminal.draws() => {
                let gone = now.saturating_duration_since(wait.from);
                let whole = wait.until.saturating_duration_since(wait.from);
                self.terminal
                    .show_wait(text(wait, now), millis(gone), millis(whole));
            }
            // The line about the failed attempt has said when it is tried again.
            Some(wait) if wait.step.is_some() => {}
            Some(wait) => {
                let due = self
                    .said
                    .is_none_or(|(until, again)| until != wait.until || again <= now);
                if due {
                    tracing::info!("{}", text(wait, now));
                    self.said = Some((wait.until, now.saturating_add(LINE_EVERY)));
                }
            }
        }
    }
}

fn text(wait: &Wait, now: Timestamp) -> String {
    let left = wait.until.saturating_duration_since(now);
    let left = Duration::from_secs(millis(left).div_ceil(1000));
    let left = humantime::format_duration(left);
    match &wait.step {
        None => format!("waiting, {left} left"),
        Some(step) => format!("{step} again in {left}"),
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn history(events: serde_json::Value) -> Vec<Event> {
        serde_json::from_value(events).unwrap()
    }

    fn started() -> serde_json::Value {
        json!({"EventId": 1, "EventTimestamp": 100.0, "EventType": "WaitStarted", "Id": "w",
            "WaitStartedDetails": {"Duration": 30, "ScheduledEndTimestamp": 130.0}})
    }

    #[test]
    fn a_wait_that_has_begun_and_not_ended_is_shown_with_what_is_left() {
        let begun = history(json!([started()]));
        let all = waits(&begun);
        assert_eq!(
            text(&all["w"], Timestamp::from_millis(107_400)),
            "waiting, 23s left"
        );

        let ended = history(json!([started(),
            {"EventId": 2, "EventTimestamp": 130.0, "EventType": "WaitSucceeded", "Id": "w",
                "WaitSucceededDetails": {"Duration": 30}}]));
        assert!(waits(&ended).is_empty());
    }

    #[test]
    fn a_failed_attempt_says_why_and_when_the_next_one_comes() {
        let failure = history(json!([
            {"EventId": 1, "EventTimestamp": 100.0, "EventType": "StepFailed", "Id": "s", "Name": "charge",
                "StepFailedDetails": {"Error": {"Payload": {"ErrorMessage": "busy"}},
                    "RetryDetails": {"CurrentAttempt": 2, "NextAttemptDelaySeconds": 4}}},
        ]));
        assert_eq!(
            failed(&failure[0]).unwrap(),
            "charge failed: busy; attempt 3 in 4 s"
        );
        let all = waits(&failure);
        assert_eq!(
            text(&all["s"], Timestamp::from_millis(101_000)),
            "charge again in 3s"
        );
    }
}
