use std::{borrow::Cow, fmt};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Visitor};

/// What an operation is *for*: `Map` and `RunInChildContext` are both contexts, `Step` and `WaitForCondition` both steps.
///
/// The service stores it and shows it in the history but decides nothing by it, and other SDKs have sub-types of their own;
/// so it is a word, not an enum. Known words cost no allocation.
///
/// ```
/// use durable_runtime::wire::SubType;
///
/// let theirs: SubType = serde_json::from_str(r#""WithRetry""#).unwrap();
/// assert_eq!(theirs.as_str(), "WithRetry");
/// assert_eq!(SubType::from("Map"), SubType::MAP);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SubType(Cow<'static, str>);

macro_rules! known {
    ($($(#[$meta:meta])* $constant:ident = $text:literal,)+) => {
        impl SubType {
            $($(#[$meta])* pub const $constant: SubType = SubType(Cow::Borrowed($text));)+

            /// Every sub-type the official SDKs agree on.
            pub const KNOWN: &'static [SubType] = &[$(Self::$constant),+];

            fn known(text: &str) -> Option<Self> {
                match text {
                    $($text => Some(Self::$constant),)+
                    _ => None,
                }
            }
        }
    };
}

known! {
    /// A step: a body with a result.
    STEP = "Step",
    /// A wait for time to pass.
    WAIT = "Wait",
    /// A callback.
    CALLBACK = "Callback",
    /// An invocation of another function.
    CHAINED_INVOKE = "ChainedInvoke",
    /// A context around a child workflow or block.
    RUN_IN_CHILD_CONTEXT = "RunInChildContext",
    /// The context around all items of a map.
    MAP = "Map",
    /// The context of one item of a map.
    MAP_ITERATION = "MapIteration",
    /// The context around all branches of a parallel.
    PARALLEL = "Parallel",
    /// The context of one branch of a parallel.
    PARALLEL_BRANCH = "ParallelBranch",
    /// The context around a callback and the step that hands its id out.
    WAIT_FOR_CALLBACK = "WaitForCallback",
    /// A step that polls until a condition holds.
    WAIT_FOR_CONDITION = "WaitForCondition",
}

impl SubType {
    /// The word on the wire.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for SubType {
    fn from(text: &str) -> Self {
        Self::known(text).unwrap_or_else(|| SubType(Cow::Owned(text.to_owned())))
    }
}

impl From<String> for SubType {
    fn from(text: String) -> Self {
        Self::known(&text).unwrap_or(SubType(Cow::Owned(text)))
    }
}

impl PartialEq<str> for SubType {
    fn eq(&self, other: &str) -> bool {
        self.0 == other
    }
}

impl fmt::Display for SubType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl Serialize for SubType {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for SubType {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Word;
        impl Visitor<'_> for Word {
            type Value = SubType;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a sub-type")
            }

            fn visit_str<E>(self, text: &str) -> Result<SubType, E> {
                Ok(text.into())
            }

            fn visit_string<E>(self, text: String) -> Result<SubType, E> {
                Ok(text.into())
            }
        }
        deserializer.deserialize_string(Word)
    }
}
