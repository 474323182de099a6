//! How each sort of thing looks, in every format: a shape, two colours, and what the legend says about it.

use crate::Kind;

/// A sort of thing that a picture shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Look {
    Start,
    Step,
    Operation,
    Sleep,
    Poll,
    Callback,
    Invoke,
    Child,
    Value,
    Decision,
    Join,
    Race,
    Map,
    Loop,
    Retry,
    Block,
    Later,
    End,
    Restart,
    Fail,
    Jump,
}

/// An outline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// A rectangle with round corners.
    Card,
    /// A rectangle with round ends.
    Pill,
    /// A parallelogram.
    Slanted,
    /// A rectangle with a second line at its left and right.
    Barred,
    /// A rectangle with a double border.
    Double,
    /// A rectangle with a corner turned down.
    Folded,
    /// A rectangle with pointed ends; a rhombus where the format has one.
    Pointed,
    /// A rectangle with others behind it.
    Stack,
    /// A rectangle with a broken border.
    Dashed,
    /// A rectangle with a thick border.
    Bold,
}

/// A shape, the colour of its border and text, and the colour inside.
#[derive(Clone, Copy, Debug)]
pub(super) struct Style {
    pub(super) shape: Shape,
    pub(super) ink: &'static str,
    pub(super) paper: &'static str,
}

impl Look {
    pub(super) const ALL: [Self; 21] = [
        Self::Start,
        Self::Step,
        Self::Operation,
        Self::Sleep,
        Self::Poll,
        Self::Callback,
        Self::Invoke,
        Self::Child,
        Self::Value,
        Self::Decision,
        Self::Join,
        Self::Race,
        Self::Map,
        Self::Loop,
        Self::Retry,
        Self::Block,
        Self::Later,
        Self::End,
        Self::Restart,
        Self::Fail,
        Self::Jump,
    ];

    pub(super) const fn of(kind: Kind) -> Self {
        match kind {
            Kind::Step => Self::Step,
            Kind::Sleep => Self::Sleep,
            Kind::Poll => Self::Poll,
            Kind::Callback | Kind::CallbackResult | Kind::WaitForCallback => Self::Callback,
            Kind::Invoke => Self::Invoke,
            Kind::Map | Kind::Parallel => Self::Map,
            Kind::Child | Kind::Helper => Self::Child,
            Kind::RetryBlock => Self::Retry,
            Kind::Join | Kind::TryJoin => Self::Join,
            Kind::Race => Self::Race,
            Kind::Restart => Self::Restart,
            Kind::Now | Kind::Value => Self::Value,
            Kind::Block => Self::Block,
            Kind::Operation => Self::Operation,
        }
    }

    /// Of an end that stands in the text by itself.
    pub(super) fn of_end(how: &str) -> Self {
        match how {
            "break" | "continue" => Self::Jump,
            "return" => Self::End,
            _ => Self::Fail,
        }
    }

    pub(super) const fn style(self) -> Style {
        let (shape, ink, paper) = match self {
            Self::Start => (Shape::Pill, "#1f2937", "#ffffff"),
            Self::Step => (Shape::Card, "#1d4ed8", "#e8f0fe"),
            Self::Operation => (Shape::Card, "#4b5563", "#f3f4f6"),
            Self::Sleep => (Shape::Pill, "#8a5300", "#fff3cf"),
            Self::Poll => (Shape::Folded, "#8a5300", "#fff3cf"),
            Self::Callback => (Shape::Slanted, "#7e22ce", "#f5ebff"),
            Self::Invoke => (Shape::Barred, "#0f766e", "#dff7f2"),
            Self::Child => (Shape::Double, "#4338ca", "#eef0ff"),
            Self::Value => (Shape::Folded, "#4b5563", "#f7f7f8"),
            Self::Decision => (Shape::Pointed, "#1f2937", "#fdfbe7"),
            Self::Join => (Shape::Card, "#334155", "#f1f5f9"),
            Self::Race => (Shape::Dashed, "#be185d", "#fff1f7"),
            Self::Map => (Shape::Stack, "#3f6212", "#f3faea"),
            Self::Loop => (Shape::Bold, "#57534e", "#faf9f7"),
            Self::Retry => (Shape::Dashed, "#9a3412", "#fff5ed"),
            Self::Block => (Shape::Card, "#6b7280", "#fbfbfc"),
            Self::Later => (Shape::Dashed, "#6b7280", "#fbfbfc"),
            Self::End => (Shape::Pill, "#1f2937", "#e5e7eb"),
            Self::Restart => (Shape::Pill, "#1d4ed8", "#e5e7eb"),
            Self::Fail => (Shape::Pill, "#b91c1c", "#fee8e7"),
            Self::Jump => (Shape::Card, "#57534e", "#f5f5f4"),
        };
        Style { shape, ink, paper }
    }

    /// What the legend says about it.
    pub(super) const fn legend(self) -> &'static str {
        match self {
            Self::Start => "where it starts",
            Self::Step => "step: its result is kept",
            Self::Operation => "some durable operation",
            Self::Sleep => "sleep: nothing runs meanwhile",
            Self::Poll => "poll: looks again until it is so",
            Self::Callback => "callback: an answer from outside",
            Self::Invoke => "invoke: another function",
            Self::Child => "child or helper: other code of ours",
            Self::Value => "a value that is kept",
            Self::Decision => "decision: one arm runs",
            Self::Join => "join: all branches at once",
            Self::Race => "race: the first branch wins",
            Self::Map => "map, parallel: several at once",
            Self::Loop => "loop: again and again",
            Self::Retry => "retry block: all again if it fails",
            Self::Block => "block",
            Self::Later => "kept, and run elsewhere",
            Self::End => "where it ends",
            Self::Restart => "restart: a new one starts",
            Self::Fail => "an error ends it here",
            Self::Jump => "to the loop's end or next round",
        }
    }
}
