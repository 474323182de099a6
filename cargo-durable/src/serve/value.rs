//! Values of the configuration that are written in more than one way.

use std::fmt;
use std::time::Duration;

use serde::de::{Error, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

/// A length of time: `30` (seconds) or `"7 days"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Length(pub(super) Duration);

impl<'de> Deserialize<'de> for Length {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl Visitor<'_> for Either {
            type Value = Length;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("seconds, or a length of time such as \"30s\" or \"7 days\"")
            }

            fn visit_i64<E: Error>(self, seconds: i64) -> Result<Length, E> {
                u64::try_from(seconds)
                    .map(|seconds| Length(Duration::from_secs(seconds)))
                    .map_err(|_| E::custom("a length of time is not negative"))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Length, E> {
                humantime::parse_duration(text).map(Length).map_err(|error| {
                    E::custom(format!(
                        "{text:?} is no length of time ({error}); write seconds, or \"30s\", \"7 days\""
                    ))
                })
            }
        }
        deserializer.deserialize_any(Either)
    }
}

/// A command: `["python3", "app.py"]`, or a program without arguments as plain text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Argv(pub(super) Vec<String>);

impl<'de> Deserialize<'de> for Argv {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = Argv;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a program with its arguments, such as [\"python3\", \"app.py\"]")
            }

            fn visit_str<E: Error>(self, program: &str) -> Result<Argv, E> {
                Ok(Argv(vec![program.to_owned()]))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut parts: A) -> Result<Argv, A::Error> {
                let mut argv = Vec::new();
                while let Some(part) = parts.next_element()? {
                    argv.push(part);
                }
                Ok(Argv(argv))
            }
        }
        deserializer.deserialize_any(Either)
    }
}
