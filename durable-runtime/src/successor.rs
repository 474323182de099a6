//! [`Successor`]: the execution that `restart(..)` hands over to, its name, and how the one that ends says so.

use blake2::{Blake2b128, Digest};
use serde::{Deserialize, Serialize};

use crate::wire::limits;

/// The longest beginning of a name that is kept, so that the longest suffix, `-r4294967295-abcdef`, fits behind it.
const BASE_MAX: usize = limits::EXECUTION_NAME_MAX - 19;

/// The execution that goes on where one that called [`restart`](crate::restart()) ends.
///
/// Its name follows from its predecessor's: `order-42`, then `order-42-r2-` and six digits, then `order-42-r3-` and six others. The digits are a check: only a name
/// whose digits are right counts as one that a restart made, so the names that people give don't meet it. A name that is too long for a suffix is
/// shortened once, to its beginning and a hash of the whole.
///
/// ```
/// use durable_runtime::host::Successor;
///
/// let arn = "arn:aws:lambda:eu-west-1:123456789012:function:poll:1/durable-execution/order-42/0b9c";
/// let second = Successor::of(arn, "7".to_owned());
/// assert_eq!(second.name(), "order-42-r2-82ed2b");
/// assert_eq!(second.to_result(), r#"{"durableRestart":{"v":1,"successor":"order-42-r2-82ed2b"}}"#);
/// assert_eq!(Successor::named_by("order-42", &second.to_result()).as_deref(), Some("order-42-r2-82ed2b"));
/// assert_eq!(Successor::named_by("order-42", "7"), None);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Successor {
    predecessor: String,
    name: String,
    input: String,
}

/// The result of an execution that was restarted.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Ended<'a> {
    #[serde(rename = "durableRestart", borrow)]
    restart: Restarted<'a>,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Restarted<'a> {
    v: u32,
    successor: &'a str,
}

impl Successor {
    /// The successor of the execution with this ARN, and its input as JSON.
    #[must_use]
    pub fn of(predecessor_arn: &str, input: String) -> Self {
        Self {
            predecessor: predecessor_arn.to_owned(),
            name: name_after(name_in(predecessor_arn)),
            input,
        }
    }

    /// The name to start it under: 1 to 64 of `A-Z a-z 0-9 - _`, always the same for one predecessor.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its input, as JSON.
    #[must_use]
    pub fn input(&self) -> &str {
        &self.input
    }

    /// The ARN of the execution that ends.
    #[must_use]
    pub fn predecessor_arn(&self) -> &str {
        &self.predecessor
    }

    /// The result that the predecessor ends with: `{"durableRestart":{"v":1,"successor":"<name>"}}`.
    #[must_use]
    pub fn to_result(&self) -> String {
        let ended = Ended {
            restart: Restarted {
                v: 1,
                successor: &self.name,
            },
        };
        // Text and a number: there is nothing in it that JSON has no form for.
        serde_json::to_string(&ended).unwrap_or_default()
    }

    /// The name of the execution that went on, if `result` is what an execution of this name ended with because it was restarted.
    #[must_use]
    pub fn named_by(predecessor_name: &str, result: &str) -> Option<String> {
        if !result.starts_with(r#"{"durableRestart":"#) {
            return None;
        }
        let ended: Ended<'_> = serde_json::from_str(result).ok()?;
        // A result that only looks like it names no successor of this execution.
        (ended.restart.v == 1 && ended.restart.successor == name_after(predecessor_name))
            .then(|| ended.restart.successor.to_owned())
    }
}

/// The name in an execution's ARN: `…/durable-execution/<name>/<id>`.
fn name_in(arn: &str) -> &str {
    match arn.split_once("/durable-execution/") {
        Some((_, rest)) => rest.split('/').next().unwrap_or(rest),
        None => arn.rsplit(['/', ':']).next().unwrap_or(arn),
    }
}

fn name_after(name: &str) -> String {
    let (base, number) = taken_apart(name).unwrap_or((name, 1));
    let number = number.saturating_add(1);
    let base = if base.len() > BASE_MAX {
        let hash = digits(base, 0);
        let kept: String = base.chars().take(BASE_MAX - 1 - hash.len()).collect();
        format!("{kept}-{hash}")
    } else {
        base.to_owned()
    };
    let check = digits(&base, number);
    format!("{base}-r{number}-{check}")
}

/// The base and the number of a name that this module made.
fn taken_apart(name: &str) -> Option<(&str, u32)> {
    let (rest, check) = name.rsplit_once('-')?;
    let (base, number) = rest.rsplit_once("-r")?;
    let number = number.parse().ok()?;
    (digits(base, number) == check).then_some((base, number))
}

/// Six hex digits of `BLAKE2b-128("dw1-restart" ‖ number ‖ base)`, the number little-endian 32-bit.
fn digits(base: &str, number: u32) -> String {
    let mut hash = Blake2b128::new();
    hash.update(b"dw1-restart");
    hash.update(number.to_le_bytes());
    hash.update(base.as_bytes());
    let [a, b, c, ..]: [u8; 16] = hash.finalize().into();
    format!("{a:02x}{b:02x}{c:02x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chain(first: &str, length: usize) -> Vec<String> {
        std::iter::successors(Some(first.to_owned()), |name| Some(name_after(name)))
            .take(length)
            .collect()
    }

    #[test]
    fn names_count_up_and_are_valid_and_distinct() {
        for first in [
            "a".to_owned(),
            "order-42".to_owned(),
            "x".repeat(44),
            "y".repeat(45),
            "z".repeat(46),
            "w".repeat(64),
        ] {
            let names = chain(&first, 12_000);
            assert!(
                names.iter().all(|name| limits::is_execution_name(name)),
                "{first}"
            );
            let base = names[1].split("-r2-").next().unwrap().to_owned();
            for (number, name) in names.iter().enumerate().skip(1) {
                assert!(
                    name.starts_with(&format!("{base}-r{}-", number + 1)),
                    "{name}"
                );
            }
        }
        assert!(limits::is_execution_name(&{
            let base = "b".repeat(BASE_MAX);
            let check = digits(&base, u32::MAX);
            format!("{base}-r{}-{check}", u32::MAX)
        }));
    }

    #[test]
    fn a_name_that_only_looks_like_a_successors_is_a_beginning() {
        assert!(name_after("build-r7").starts_with("build-r7-r2-"));
        assert!(name_after("build-r7-abcdef").starts_with("build-r7-abcdef-r2-"));
        let long = "n".repeat(60);
        assert_ne!(
            name_after(&format!("{long}a")),
            name_after(&format!("{long}b")),
            "what was cut off still counts"
        );
    }

    #[test]
    fn a_result_counts_only_as_the_end_of_the_execution_it_belongs_to() {
        let result = Successor::of("arn/durable-execution/one/x", String::new()).to_result();
        assert_eq!(Successor::named_by("one", &result), Some(name_after("one")));
        assert_eq!(Successor::named_by("two", &result), None);
        assert_eq!(
            Successor::named_by("one", r#"{"durableRestart":"mine"}"#),
            None
        );
    }
}
