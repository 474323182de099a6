//! Pictures that are put together from smaller ones, which is all the layout there is: each knows its size, so nothing ever overlaps.

use crate::graph::look::Look;
use crate::graph::text::cells;

/// Between two that follow each other.
pub(super) const GAP: i32 = 24;
/// Between two beside each other.
pub(super) const BESIDE: i32 = 28;
/// Lines that are nearer than this are made one: a bend in them would be no bend to look at.
const NEAR: i32 = 32;

/// A letter's looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Font {
    Title,
    /// What a thing is, in capitals.
    Word,
    /// Source text.
    Name,
    Note,
    Line,
}

impl Font {
    pub(super) const fn size(self) -> i32 {
        match self {
            Self::Title => 20,
            Self::Word => 10,
            Self::Name => 13,
            Self::Note => 12,
            Self::Line => 11,
        }
    }

    /// The width of a text in pixels, rather too wide than too narrow, as the font is the reader's.
    pub(super) fn width(self, text: &str) -> i32 {
        let thousandths = match self {
            Self::Title => 640,
            Self::Word => 820,
            Self::Name => 615,
            Self::Note | Self::Line => 570,
        };
        let cells = i32::try_from(cells(text)).unwrap_or(i32::MAX / 100_000);
        // Capitals are of two widths.
        let narrow = match self {
            Self::Word => (0..)
                .zip(text.matches([' ', 'I', 'J']))
                .last()
                .map_or(0, |(last, _)| (last + 1) * 400),
            _ => 0,
        };
        (cells * thousandths - narrow) * self.size() / 1000 + 1
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rect {
    pub(super) x: i32,
    pub(super) y: i32,
    pub(super) width: i32,
    pub(super) height: i32,
}

/// One line of text on the baseline `y`.
#[derive(Clone, Debug)]
pub(super) struct Words {
    pub(super) x: i32,
    pub(super) y: i32,
    /// Which part of it is at `x`.
    pub(super) anchor: Anchor,
    pub(super) font: Font,
    pub(super) ink: &'static str,
    pub(super) text: String,
}

/// Only an estimate is known of a text's width, so what is to be flush or centred says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Anchor {
    Left,
    Middle,
    Right,
}

/// What a line stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stroke {
    Flow,
    /// Back to where it began.
    Back,
    /// Back, after a failure.
    Again,
    /// To the error that ends it.
    Error,
    /// Beside the flow.
    Aside,
}

/// What is drawn.
#[derive(Clone, Debug)]
pub(super) enum Item {
    /// A box with nothing else in it.
    Leaf {
        rect: Rect,
        look: Look,
        full: String,
    },
    /// A box around others.
    Frame {
        rect: Rect,
        look: Look,
        full: String,
    },
    /// The ground that one branch stands on.
    Lane {
        rect: Rect,
    },
    /// A box in the legend.
    Sample {
        rect: Rect,
        look: Look,
    },
    /// A label on a line.
    Chip {
        rect: Rect,
        ink: &'static str,
        full: String,
    },
    /// Where several begin, or are waited for: broken where one is enough.
    Bar {
        rect: Rect,
        look: Look,
    },
    Dot {
        x: i32,
        y: i32,
    },
    /// Where an error ends it.
    Exit {
        x: i32,
        y: i32,
        full: String,
    },
    Line {
        points: Vec<(i32, i32)>,
        stroke: Stroke,
        arrow: bool,
    },
    Words(Words),
}

impl Item {
    fn shift(&mut self, dx: i32, dy: i32) {
        match self {
            Self::Leaf { rect, .. }
            | Self::Frame { rect, .. }
            | Self::Lane { rect }
            | Self::Sample { rect, .. }
            | Self::Chip { rect, .. }
            | Self::Bar { rect, .. } => {
                rect.x += dx;
                rect.y += dy;
            }
            Self::Dot { x, y } | Self::Exit { x, y, .. } | Self::Words(Words { x, y, .. }) => {
                *x += dx;
                *y += dy;
            }
            Self::Line { points, .. } => {
                for (x, y) in points {
                    *x += dx;
                    *y += dy;
                }
            }
        }
    }
}

/// Things, and the room they take. What comes before enters it at the top of its axis, and it is left at the bottom.
#[derive(Clone, Debug, Default)]
pub(super) struct Picture {
    pub(super) width: i32,
    pub(super) height: i32,
    /// Where its axis is, from the left.
    pub(super) axis: i32,
    /// Whether anything gets to its bottom.
    pub(super) is_open: bool,
    /// Whether the flow only passes it.
    pub(super) is_aside: bool,
    /// Whether it begins with a line of its own, so that no arrow leads to it.
    pub(super) has_entry: bool,
    pub(super) items: Vec<Item>,
}

impl Picture {
    /// Puts another one into it.
    pub(super) fn place(&mut self, other: Self, dx: i32, dy: i32) {
        self.items.extend(other.items.into_iter().map(|mut item| {
            item.shift(dx, dy);
            item
        }));
    }

    pub(super) fn line(&mut self, points: &[(i32, i32)], stroke: Stroke, arrow: bool) {
        // A line without length has no direction for an arrow.
        let mut points = points.to_vec();
        points.dedup();
        if points.len() > 1 {
            self.items.push(Item::Line {
                points,
                stroke,
                arrow,
            });
        }
    }

    /// With room at its left and right.
    pub(super) fn padded(mut self, left: i32, right: i32) -> Self {
        for item in &mut self.items {
            item.shift(left, 0);
        }
        self.axis += left;
        self.width += left + right;
        self
    }

    /// So wide at least on both sides of the axis.
    pub(super) fn widened(self, left: i32, right: i32) -> Self {
        let (more_left, more_right) = (left - self.axis, right - (self.width - self.axis));
        self.padded(more_left.max(0), more_right.max(0))
    }
}

/// One after the other, from the top down.
pub(super) fn stack(parts: Vec<Picture>) -> Picture {
    let axis = parts.iter().map(|part| part.axis).max().unwrap_or(0);
    let right = parts
        .iter()
        .map(|part| part.width - part.axis)
        .max()
        .unwrap_or(0);
    let mut whole = Picture {
        width: axis + right,
        axis,
        is_open: true,
        has_entry: parts.first().is_none_or(|first| first.has_entry),
        ..Picture::default()
    };
    for (number, part) in parts.into_iter().enumerate() {
        if number > 0 {
            let above = whole.height;
            whole.height += GAP;
            if whole.is_open {
                whole.line(
                    &[(axis, above), (axis, whole.height)],
                    Stroke::Flow,
                    !part.has_entry,
                );
            }
        }
        let (dx, height) = (axis - part.axis, part.height);
        // Whatever is kept for later has no part in whether the flow goes on.
        whole.is_open = part.is_open && (whole.is_open || !part.is_aside);
        whole.place(part, dx, whole.height);
        whole.height += height;
    }
    whole
}

/// Pictures side by side: the axes and heights of each, in a whole that is as high as the highest.
pub(super) struct Beside {
    pub(super) whole: Picture,
    pub(super) columns: Vec<Column>,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Column {
    pub(super) left: i32,
    pub(super) width: i32,
    pub(super) axis: i32,
    pub(super) height: i32,
    pub(super) is_open: bool,
}

/// Side by side, the tops in a row. The axis is in the middle between the first and the last, or that of a column which is nearly there.
pub(super) fn beside(parts: Vec<Picture>) -> Beside {
    let mut whole = Picture::default();
    let mut columns = Vec::new();
    for part in parts {
        if !columns.is_empty() {
            whole.width += BESIDE;
        }
        let left = whole.width;
        columns.push(Column {
            left,
            width: part.width,
            axis: left + part.axis,
            height: part.height,
            is_open: part.is_open,
        });
        whole.width += part.width;
        whole.height = whole.height.max(part.height);
        whole.is_open |= part.is_open;
        whole.place(part, left, 0);
    }
    let ends = columns.first().zip(columns.last());
    let middle = ends.map_or(0, |(first, last)| i32::midpoint(first.axis, last.axis));
    let near = columns
        .iter()
        .map(|column| column.axis)
        .filter(|axis| (axis - middle).abs() < NEAR)
        .min_by_key(|axis| (axis - middle).abs());
    whole.axis = near.unwrap_or(middle);
    Beside { whole, columns }
}
