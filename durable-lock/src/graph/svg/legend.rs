//! What the shapes mean, of those that a picture has.

use super::layout::{Anchor, Font, Item, Picture, Rect, Words};
use super::parts::EXIT;
use crate::graph::look::{Look, Shape};

const ROW: i32 = 26;
const SAMPLE: Rect = Rect {
    x: 0,
    y: 0,
    width: 32,
    height: 18,
};
const TEXT_LEFT: i32 = 42;
const BETWEEN: i32 = 24;
const INK: &str = "#374151";

enum Entry {
    Look(Look),
    Exit,
}

fn sample(x: i32, y: i32, look: Look) -> Rect {
    // The sheets of a stack look out of it.
    let less = match look.style().shape {
        Shape::Stack => 5,
        _ => 0,
    };
    Rect {
        x,
        y,
        width: SAMPLE.width - less,
        height: SAMPLE.height - less,
    }
}

/// In as many columns as fit into the width.
pub(super) fn legend(flow: &Picture, width: i32) -> Picture {
    let mut used: Vec<Look> = Vec::new();
    let mut has_exit = false;
    for item in &flow.items {
        match item {
            Item::Leaf { look, .. } | Item::Frame { look, .. } => used.push(*look),
            Item::Exit { .. } => has_exit = true,
            _ => {}
        }
    }
    // Where it starts is plain to see.
    let is_told = |look: &Look| *look != Look::Start && used.contains(look);
    let looks = Look::ALL.into_iter().filter(is_told);
    let mut entries: Vec<_> = looks
        .map(|look| (Entry::Look(look), look.legend()))
        .collect();
    if has_exit {
        entries.push((Entry::Exit, "its error ends it here"));
    }
    let widest = entries
        .iter()
        .map(|(_, text)| TEXT_LEFT + Font::Note.width(text))
        .max()
        .unwrap_or(1);
    let count = i32::try_from(entries.len()).unwrap_or(i32::MAX);
    let columns = ((width + BETWEEN) / (widest + BETWEEN)).clamp(1, 4);
    let rows = (count + columns - 1) / columns;
    let mut legend = Picture {
        width: columns * (widest + BETWEEN) - BETWEEN,
        height: rows * ROW,
        ..Picture::default()
    };
    for (number, (entry, text)) in (0..).zip(entries) {
        let (x, y) = (number / rows * (widest + BETWEEN), number % rows * ROW);
        legend.items.push(match entry {
            Entry::Look(look) => Item::Sample {
                rect: sample(x, y + 2, look),
                look,
            },
            Entry::Exit => Item::Exit {
                x: x + SAMPLE.width / 2,
                y: y + 2 + EXIT,
                full: String::new(),
            },
        });
        legend.items.push(Item::Words(Words {
            x: x + TEXT_LEFT,
            y: y + 15,
            anchor: Anchor::Left,
            font: Font::Note,
            ink: INK,
            text: text.to_owned(),
        }));
    }
    legend
}
