//! [`Kind`]: what an operation is.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! kinds {
    ($($(#[$doc:meta])* $variant:ident = $name:literal, $article:literal;)+) => {
        /// What an operation is, as far as its record shows: a running execution finds a step's record only where the code has a step.
        ///
        /// Its names are written into lock files, so they are frozen.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Kind {
            $($(#[$doc])* $variant,)+
        }

        impl Kind {
            /// Every kind.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The name in a lock file.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// With its article, for a sentence: `a step`.
            #[must_use]
            pub const fn noun(self) -> &'static str {
                match self { $(Self::$variant => $article,)+ }
            }
        }
    };
}

kinds! {
    /// A `#[step]`, or `step("name", ..)`.
    Step = "step", "a step";
    /// `sleep` or `sleep_until`.
    Sleep = "sleep", "a sleep";
    /// `create_callback`.
    Callback = "callback", "a callback's creation";
    /// `callback.result()`.
    CallbackResult = "callback_result", "a callback's result";
    /// `wait_for_callback`.
    WaitForCallback = "wait_for_callback", "a `wait_for_callback`";
    /// `invoke`.
    Invoke = "invoke", "an invoke";
    /// `poll_until`.
    Poll = "poll", "a `poll_until`";
    /// `map`.
    Map = "map", "a `map`";
    /// `parallel`.
    Parallel = "parallel", "a `parallel`";
    /// Another workflow, or `child("name", ..)`.
    Child = "child", "a child";
    /// `retry_block`.
    RetryBlock = "retry_block", "a `retry_block`";
    /// A call of a `#[durable_helper]`.
    Helper = "helper", "a helper";
    /// `join!`, which records nothing.
    Join = "join", "a `join!`";
    /// `try_join!`, which records the branch that failed.
    TryJoin = "try_join", "a `try_join!`";
    /// `race!`.
    Race = "race", "a `race!`";
    /// `now`.
    Now = "now", "a `now`";
    /// `restart`.
    Restart = "restart", "a `restart`";
    /// `uuid()`, `random()` or `rng()`.
    Value = "value", "a value";
    /// An `async` block.
    Block = "block", "a block";
    /// What the text alone doesn't tell.
    #[default]
    Operation = "operation", "an operation";
}

impl Kind {
    /// The kind of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.name() == name)
    }

    /// Whether what this kind records can be read as a record of `code`, which is what stands there now. What isn't known is taken to fit: the types and
    /// the replay tell.
    #[must_use]
    pub fn fits(self, code: Self) -> bool {
        self == code
            || self == Self::Operation
            || code == Self::Operation
            || (self == Self::Join && code == Self::TryJoin)
    }

    /// Whether nothing is recorded under its own identity.
    #[must_use]
    pub const fn leaves_no_record(self) -> bool {
        matches!(self, Self::Value | Self::Block)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
