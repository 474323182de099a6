//! The enums of the wire.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Visitor};

/// An enum whose values are upper-case words on the wire and which survives words it doesn't know.
macro_rules! wire_enum {
    ($(#[$meta:meta])* $name:ident { $($(#[$variant_meta:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$variant_meta])* $variant,)+
            /// A value this version doesn't know. The word itself is not kept: nothing may be decided by it.
            Unknown,
        }

        impl $name {
            /// Every known value, in the model's order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word on the wire; `UNKNOWN` for a value this version doesn't know.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)+
                    Self::Unknown => "UNKNOWN",
                }
            }

            /// Reads the word on the wire; anything else is [`Unknown`](Self::Unknown).
            pub fn from_wire(text: &str) -> Self {
                match text {
                    $($text => Self::$variant,)+
                    _ => Self::Unknown,
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Word;
                impl Visitor<'_> for Word {
                    type Value = $name;

                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str(concat!("a ", stringify!($name)))
                    }

                    fn visit_str<E>(self, text: &str) -> Result<$name, E> {
                        Ok($name::from_wire(text))
                    }
                }
                deserializer.deserialize_str(Word)
            }
        }
    };
}

wire_enum! {
    /// What an operation is.
    ///
    /// ```
    /// use durable_runtime::wire::OperationType;
    ///
    /// assert_eq!(OperationType::ChainedInvoke.as_str(), "CHAINED_INVOKE");
    /// assert_eq!(serde_json::from_str::<OperationType>(r#""TELEPORT""#).unwrap(), OperationType::Unknown);
    /// ```
    OperationType {
        /// The execution itself; every state begins with it.
        Execution = "EXECUTION",
        /// A scope with children of its own: a child workflow, a map, one of its items.
        Context = "CONTEXT",
        /// A body that runs, may fail and be retried, and leaves a result.
        Step = "STEP",
        /// A time to wait for.
        Wait = "WAIT",
        /// A result that somebody outside delivers.
        Callback = "CALLBACK",
        /// Another function, invoked by the service.
        ChainedInvoke = "CHAINED_INVOKE",
    }
}

wire_enum! {
    /// Where an operation stands.
    OperationStatus {
        /// Under way.
        Started = "STARTED",
        /// A step that failed, or polled, and waits for its next attempt.
        Pending = "PENDING",
        /// A step whose delay is over and whose next attempt may start.
        Ready = "READY",
        /// Finished with a result.
        Succeeded = "SUCCEEDED",
        /// Finished with an error.
        Failed = "FAILED",
        /// Given up by the workflow before it finished.
        Cancelled = "CANCELLED",
        /// Ended by its timeout.
        TimedOut = "TIMED_OUT",
        /// Ended by somebody outside.
        Stopped = "STOPPED",
    }
}

wire_enum! {
    /// What an update does to its operation.
    OperationAction {
        /// Begin it, or begin its next attempt.
        Start = "START",
        /// Finish it with a result.
        Succeed = "SUCCEED",
        /// Finish it with an error.
        Fail = "FAIL",
        /// Finish this attempt and have another later.
        Retry = "RETRY",
        /// Give it up.
        Cancel = "CANCEL",
    }
}

impl OperationStatus {
    /// Whether nothing will change any more.
    ///
    /// ```
    /// use durable_runtime::wire::OperationStatus;
    ///
    /// assert!(OperationStatus::TimedOut.is_terminal());
    /// assert!(!OperationStatus::Ready.is_terminal());
    /// ```
    pub const fn is_terminal(self) -> bool {
        matches!(
            self,
            Self::Succeeded | Self::Failed | Self::Cancelled | Self::TimedOut | Self::Stopped
        )
    }
}
