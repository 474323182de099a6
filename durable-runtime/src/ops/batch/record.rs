//! The record of a finished batch: the payload of its CONTEXT, version 1.
//!
//! * A batch without a policy whose items have all succeeded: the array of their results, in the order of the list. `["a","b"]`
//! * Any other: what became of each item that was started.
//!   `{"v":1,"completionReason":"MIN_SUCCESSFUL_REACHED","totalCount":3,"all":[{"index":0,"status":"SUCCEEDED","result":7},
//!   {"index":1,"status":"FAILED","error":{"ErrorType":"Declined",…}},{"index":2,"status":"STARTED"}]}`
//!   Items with a key have it as `"key"`. Where the items have a codec and the batch has none, `"payload"` is the codec's text, in place of `"result"`.
//! * One that would be larger than 256 KiB, or in whose items steps say how they are undone: the same without `"all"`, with `ReplayChildren`. The results are rebuilt from the items' own
//!   records; `"unfinished"` counts, in the items that were started, those that had not ended, and `"keys"` names the started ones.
//!
//! A codec of the batch gets this text and its output is the payload.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::item::Ended;
use super::policy::CompletionReason;
use crate::canonical::canonical_json;
use crate::outcome::decode_json;
use crate::replay::ItemKey;
use crate::wire::ErrorObject;

/// The only version there is.
const VERSION: u32 = 1;

/// An item that was started.
#[derive(Debug)]
pub(super) struct Entry {
    /// Its place in the list when the batch was recorded.
    pub(super) index: usize,
    /// Its key's canonical JSON.
    pub(super) key: Option<String>,
    /// `None`: it was abandoned.
    pub(super) ended: Option<Ended>,
    /// A value is what the items' codec made of it.
    pub(super) is_encoded: bool,
}

/// A batch that fits in its record.
#[derive(Debug)]
pub(super) struct Whole {
    pub(super) reason: CompletionReason,
    pub(super) entries: Vec<Entry>,
}

impl Whole {
    /// As text. `plain`: nobody asks for more than the values, if all are there.
    pub(super) fn write(&self, plain: bool) -> String {
        let values: Option<Vec<&str>> = self.entries.iter().map(Entry::bare).collect();
        if let Some(values) = values
            && plain
            && self.reason == CompletionReason::AllCompleted
        {
            return format!("[{}]", values.join(","));
        }
        let mut text = format!(
            r#"{{"v":{VERSION},"completionReason":"{}","totalCount":{},"all":["#,
            self.reason,
            self.entries.len()
        );
        for (number, entry) in self.entries.iter().enumerate() {
            if number > 0 {
                text.push(',');
            }
            entry.write(&mut text);
        }
        text.push_str("]}");
        text
    }
}

impl Entry {
    /// The JSON of its value, if that is all there is to say.
    fn bare(&self) -> Option<&str> {
        match &self.ended {
            Some(Ended::Value(json)) if self.key.is_none() && !self.is_encoded => Some(json),
            _ => None,
        }
    }

    /// What told the item apart.
    pub(super) fn item_key(&self) -> ItemKey<'_> {
        match &self.key {
            Some(key) => ItemKey::Key(key),
            None => ItemKey::Index(u32::try_from(self.index).unwrap_or(u32::MAX)),
        }
    }

    fn write(&self, text: &mut String) {
        // Writing to a string can't fail.
        let _ = write!(text, r#"{{"index":{}"#, self.index);
        if let Some(key) = &self.key {
            let _ = write!(text, r#","key":{key}"#);
        }
        let _ = match &self.ended {
            None => write!(text, r#","status":"STARTED"}}"#),
            Some(Ended::Value(payload)) if self.is_encoded => {
                let payload = serde_json::Value::from(payload.as_str());
                write!(text, r#","status":"SUCCEEDED","payload":{payload}}}"#)
            }
            Some(Ended::Value(json)) => {
                write!(text, r#","status":"SUCCEEDED","result":{json}}}"#)
            }
            Some(Ended::Error(error)) => {
                let error = serde_json::to_string(error).unwrap_or_default();
                write!(text, r#","status":"FAILED","error":{error}}}"#)
            }
        };
    }
}

/// What is recorded of a batch that is rebuilt from its items.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Summary {
    v: u32,
    pub(super) completion_reason: CompletionReason,
    /// How many items were started: without keys, the first ones of the list.
    pub(super) total_count: usize,
    success_count: usize,
    failure_count: usize,
    /// Which of the started items had not ended.
    pub(super) unfinished: Vec<usize>,
    /// Whose items have keys: those of the started ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) keys: Option<Vec<String>>,
    /// Steps in the items can be undone. On a replay the abandoned ones run as far as the history goes, to say so again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) compensations: bool,
}

impl Summary {
    pub(super) fn of(whole: &Whole, compensations: bool) -> Self {
        let count = |is: fn(&Ended) -> bool| {
            let ended = whole
                .entries
                .iter()
                .filter_map(|entry| entry.ended.as_ref());
            ended.filter(|ended| is(ended)).count()
        };
        Self {
            v: VERSION,
            completion_reason: whole.reason,
            total_count: whole.entries.len(),
            success_count: count(|ended| matches!(ended, Ended::Value(_))),
            failure_count: count(|ended| matches!(ended, Ended::Error(_))),
            unfinished: (0..)
                .zip(&whole.entries)
                .filter(|(_, entry)| entry.ended.is_none())
                .map(|(number, _)| number)
                .collect(),
            keys: whole
                .entries
                .iter()
                .map(|entry| entry.key.clone())
                .collect(),
            compensations,
        }
    }

    pub(super) fn write(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    pub(super) fn read(text: &str) -> Result<Self, String> {
        let summary: Self = decode_json(text)?;
        is_known(summary.v)?;
        Ok(summary)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ReadWhole<'a> {
    v: u32,
    completion_reason: CompletionReason,
    #[serde(borrow)]
    all: Vec<ReadEntry<'a>>,
}

#[derive(Deserialize)]
struct ReadEntry<'a> {
    index: usize,
    #[serde(default)]
    key: Option<serde_json::Value>,
    #[serde(borrow, default)]
    result: Option<&'a RawValue>,
    #[serde(default)]
    payload: Option<String>,
    #[serde(default)]
    error: Option<ErrorObject>,
}

impl Whole {
    pub(super) fn read(text: &str) -> Result<Self, String> {
        if text.trim_start().starts_with('[') {
            let values: Vec<&RawValue> = read(text)?;
            let entry = |(index, value): (usize, &RawValue)| Entry {
                index,
                key: None,
                ended: Some(Ended::Value(value.get().to_owned())),
                is_encoded: false,
            };
            return Ok(Self {
                reason: CompletionReason::AllCompleted,
                entries: values.into_iter().enumerate().map(entry).collect(),
            });
        }
        let whole: ReadWhole<'_> = read(text)?;
        is_known(whole.v)?;
        let entries: Result<_, String> = whole.all.into_iter().map(ReadEntry::entry).collect();
        Ok(Self {
            reason: whole.completion_reason,
            entries: entries?,
        })
    }
}

impl ReadEntry<'_> {
    fn entry(self) -> Result<Entry, String> {
        let key = self.key.as_ref().map(canonical_json).transpose()?;
        let is_encoded = self.payload.is_some();
        let value = self.result.map(|json| json.get().to_owned());
        let value = self.payload.or(value).map(Ended::Value);
        Ok(Entry {
            index: self.index,
            key,
            ended: value.or(self.error.map(Ended::Error)),
            is_encoded,
        })
    }
}

fn read<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, String> {
    serde_json::from_str(text).map_err(|error| format!("it is no record of a batch: {error}"))
}

fn is_known(version: u32) -> Result<(), String> {
    if version == VERSION {
        Ok(())
    } else {
        Err(format!(
            "its version is {version}, and this build knows {VERSION}"
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(index: usize, json: &str) -> Entry {
        Entry {
            index,
            key: None,
            ended: Some(Ended::Value(json.to_owned())),
            is_encoded: false,
        }
    }

    fn round(whole: &Whole, plain: bool, expected: &str) {
        let text = whole.write(plain);
        assert_eq!(text, expected);
        let read = Whole::read(&text).unwrap();
        assert_eq!(format!("{read:?}"), format!("{whole:?}"));
    }

    #[test]
    fn values_alone_are_an_array() {
        let whole = Whole {
            reason: CompletionReason::AllCompleted,
            entries: vec![value(0, r#"{"a": 1}"#), value(1, "null")],
        };
        round(&whole, true, r#"[{"a": 1},null]"#);
    }

    #[test]
    fn everything_else_says_what_became_of_each_item() {
        let whole = Whole {
            reason: CompletionReason::FailureToleranceExceeded,
            entries: vec![
                Entry {
                    key: Some(r#""sku""#.to_owned()),
                    ..value(0, "7")
                },
                Entry {
                    ended: Some(Ended::Error(ErrorObject::new("Declined", "no"))),
                    ..value(1, "")
                },
                Entry {
                    ended: None,
                    ..value(2, "")
                },
                Entry {
                    is_encoded: true,
                    ..value(4, "\"x\n")
                },
            ],
        };
        round(
            &whole,
            true,
            concat!(
                r#"{"v":1,"completionReason":"FAILURE_TOLERANCE_EXCEEDED","totalCount":4,"all":[{"index":0,"key":"sku","status":"SUCCEEDED","result":7},"#,
                r#"{"index":1,"status":"FAILED","error":{"ErrorType":"Declined","ErrorMessage":"no"}},{"index":2,"status":"STARTED"},"#,
                r#"{"index":4,"status":"SUCCEEDED","payload":"\"x\n"}]}"#
            ),
        );
        let summary = Summary::of(&whole, false).write();
        assert_eq!(
            summary,
            r#"{"v":1,"completionReason":"FAILURE_TOLERANCE_EXCEEDED","totalCount":4,"successCount":2,"failureCount":1,"unfinished":[2]}"#
        );
        assert_eq!(Summary::read(&summary).unwrap().unfinished, [2]);
    }

    #[test]
    fn a_record_of_another_version_is_refused() {
        let text = r#"{"v":2,"completionReason":"ALL_COMPLETED","all":[]}"#;
        assert!(Whole::read(text).unwrap_err().contains("version is 2"));
        assert!(Whole::read("7").unwrap_err().contains("no record"));
    }
}
