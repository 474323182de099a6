//! Workflows as data, and how they are made up.

use proptest::prelude::*;
use serde::{Deserialize, Serialize};

/// What a node of a program does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Node {
    /// A step whose first attempts fail.
    Step { fails: u32, how: Failing },
    /// A step with at-most-once semantics. A crash may cost it an attempt, so that its outcome is not the undisturbed run's.
    Once { fails: u32 },
    /// A step that is undone when the workflow fails.
    Booking,
    /// A sleep.
    Sleep { seconds: u64 },
    /// A callback that is answered from outside, or times out.
    Callback(Answered),
    /// The same, with the callback handed out by a submitter.
    Submitted(Answered),
    /// One after another, up to the first error.
    Sequence(Vec<Node>),
    /// Both, to the end.
    Join(Box<Node>, Box<Node>),
    /// Both, or the first error.
    TryJoin(Box<Node>, Box<Node>),
    /// The first to end.
    Race(Box<Node>, Box<Node>),
    /// All of them, so many at a time.
    Map {
        items: Vec<Node>,
        at_once: usize,
        policy: Policy,
    },
    /// In a context of its own, without a record of it when flat.
    Child { node: Box<Node>, flat: bool },
    /// Invoked through the service.
    Invoke(Box<Node>),
    /// The same, and restarted so many times until it returns.
    InvokeAgain { node: Box<Node>, rounds: u32 },
    /// Tried again as a whole.
    Retry { node: Box<Node>, attempts: u32 },
    /// Whatever comes of it, this succeeds.
    Forgiven(Box<Node>),
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Failing {
    Error,
    Panic,
    TimeOut,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Answered {
    Success,
    Failure,
    Never,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Policy {
    /// The first failure fails it.
    FirstFailure,
    /// All end, and all is reported.
    All,
    /// Over when one has succeeded.
    OneSuccess,
    /// Over when two have failed.
    OneFailure,
}

impl Node {
    /// Whether what comes of it may depend on what a crash interrupts, or on who is first.
    pub(crate) fn is_open(&self) -> bool {
        match self {
            Self::Once { .. } | Self::Race(..) => true,
            // Abandoned when the first fails: which of two failures is first, and what the other still did, may differ.
            Self::TryJoin(..) => true,
            Self::Map {
                items,
                at_once,
                policy,
            } => (*at_once > 1 && *policy != Policy::All) || items.iter().any(Self::is_open),
            Self::Step { .. }
            | Self::Booking
            | Self::Sleep { .. }
            | Self::Callback(_)
            | Self::Submitted(_) => false,
            Self::Sequence(nodes) => nodes.iter().any(Self::is_open),
            Self::Join(one, other) => one.is_open() || other.is_open(),
            Self::Child { node, .. }
            | Self::Invoke(node)
            | Self::InvokeAgain { node, .. }
            | Self::Retry { node, .. }
            | Self::Forgiven(node) => node.is_open(),
        }
    }
}

/// Programs of up to some twenty nodes.
pub(crate) fn programs() -> impl Strategy<Value = Node> {
    let failing = prop_oneof![
        4 => Just(Failing::Error),
        1 => Just(Failing::Panic),
        1 => Just(Failing::TimeOut),
    ];
    let answered = prop_oneof![
        3 => Just(Answered::Success),
        1 => Just(Answered::Failure),
        1 => Just(Answered::Never),
    ];
    let fails = prop_oneof![4 => Just(0_u32), 2 => Just(1), 1 => Just(2), 1 => Just(3)];
    let leaf = prop_oneof![
        6 => (fails.clone(), failing).prop_map(|(fails, how)| Node::Step { fails, how }),
        2 => fails.prop_map(|fails| Node::Once { fails }),
        2 => Just(Node::Booking),
        2 => (1_u64..100_000).prop_map(|seconds| Node::Sleep { seconds }),
        1 => answered.clone().prop_map(Node::Callback),
        1 => answered.prop_map(Node::Submitted),
    ];
    leaf.prop_recursive(4, 20, 4, |node| {
        let policy = prop_oneof![
            Just(Policy::FirstFailure),
            Just(Policy::All),
            Just(Policy::OneSuccess),
            Just(Policy::OneFailure),
        ];
        let boxed = node.clone().prop_map(Box::new);
        prop_oneof![
            4 => prop::collection::vec(node.clone(), 1..5).prop_map(Node::Sequence),
            1 => (boxed.clone(), boxed.clone()).prop_map(|(one, other)| Node::Join(one, other)),
            1 => (boxed.clone(), boxed.clone()).prop_map(|(one, other)| Node::TryJoin(one, other)),
            1 => (boxed.clone(), boxed.clone()).prop_map(|(one, other)| Node::Race(one, other)),
            2 => (prop::collection::vec(node, 0..5), 1_usize..4, policy)
                .prop_map(|(items, at_once, policy)| Node::Map { items, at_once, policy }),
            1 => (boxed.clone(), any::<bool>()).prop_map(|(node, flat)| Node::Child { node, flat }),
            1 => boxed.clone().prop_map(Node::Invoke),
            1 => (boxed.clone(), 1_u32..4).prop_map(|(node, rounds)| Node::InvokeAgain { node, rounds }),
            1 => (boxed.clone(), 1_u32..3).prop_map(|(node, attempts)| Node::Retry { node, attempts }),
            1 => boxed.prop_map(Node::Forgiven),
        ]
    })
}
