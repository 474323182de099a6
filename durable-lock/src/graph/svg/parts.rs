//! The pictures that all others are made of: a box, a frame around others, a label.

use super::layout::{Anchor, Font, GAP, Item, Picture, Rect, Stroke, Words};
use crate::graph::caption::Caption;
use crate::graph::look::{Look, Shape};
use crate::graph::text::{abridge, clean, shorten, wrap};

/// How far the sheets behind a stack look out.
pub(super) const SHEETS: i32 = 8;
/// The radius of the mark where an error ends it.
pub(super) const EXIT: i32 = 9;

/// From a box to that mark.
const EXIT_LINE: i32 = 16;
const PADDING: i32 = 16;
/// No row of a box with a line number is narrower.
const NARROWEST: i32 = 96;
const LINE_INK: &str = "#4b5563";
/// The most cells of a row.
const LONGEST_NAME: usize = 36;
const LONGEST_HEAD_ROW: usize = 42;
const LONGEST_NOTE: usize = 46;
const LONGEST_HEAD: usize = 52;
const LONGEST_LABEL: usize = 26;

/// What a shape takes of the left and right of a box.
const fn inset(shape: Shape) -> i32 {
    match shape {
        Shape::Card | Shape::Stack | Shape::Dashed | Shape::Bold => 12,
        Shape::Double => 16,
        Shape::Folded | Shape::Barred => 20,
        Shape::Pill => 22,
        Shape::Slanted => 26,
        Shape::Pointed => 30,
    }
}

const fn sheets(look: Look) -> i32 {
    match look.style().shape {
        Shape::Stack => SHEETS,
        _ => 0,
    }
}

/// The rows of a box's text, from the top.
fn rows(caption: &Caption) -> Vec<(Font, String)> {
    let is_text = matches!(caption.look, Look::Decision | Look::Loop);
    let names = match caption.name.is_empty() {
        true => Vec::new(),
        false if is_text => wrap(&caption.name, LONGEST_HEAD_ROW, 2),
        false => vec![shorten(&caption.name, LONGEST_NAME)],
    };
    let notes = match caption.notes.is_empty() {
        true => Vec::new(),
        false => wrap(&caption.notes.join(" · "), LONGEST_NOTE, 2),
    };
    let names = names.into_iter().map(|text| (Font::Name, text));
    names
        .chain(notes.into_iter().map(|text| (Font::Note, text)))
        .collect()
}

fn words(x: i32, y: i32, font: Font, ink: &'static str, text: String) -> Item {
    Item::Words(Words {
        x,
        y,
        anchor: Anchor::Left,
        font,
        ink,
        text,
    })
}

/// The line that it is in, which ends at `x`.
fn place(x: i32, y: i32, text: String) -> Item {
    Item::Words(Words {
        x,
        y,
        anchor: Anchor::Right,
        font: Font::Line,
        ink: LINE_INK,
        text,
    })
}

/// A box. `exit`: what is said where an error ends it.
pub(super) fn leaf(caption: &Caption, exit: Option<&str>) -> Picture {
    let style = caption.look.style();
    let left = inset(style.shape);
    let line = caption.place();
    let line_width = Font::Line.width(&line);
    let rows = rows(caption);
    let first = match caption.line {
        Some(_) => (Font::Word.width(&caption.word) + 16 + line_width).max(NARROWEST),
        None => Font::Word.width(&caption.word),
    };
    let inner = rows
        .iter()
        .map(|(font, text)| font.width(text))
        .chain([first])
        .max()
        .unwrap_or(first);
    let width = inner + 2 * left;

    let mut baseline = 20;
    let mut texts = vec![
        words(left, baseline, Font::Word, style.ink, caption.word.clone()),
        place(left + inner, baseline, line),
    ];
    for (font, text) in rows {
        baseline += font.size() + 5;
        texts.push(words(left, baseline, font, style.ink, text));
    }
    let height = baseline + 12;
    let behind = sheets(caption.look);
    let mut whole = Picture {
        width: width + behind,
        height: height + behind,
        axis: width / 2,
        is_open: true,
        ..Picture::default()
    };
    whole.exit(height / 2, exit);
    let rect = Rect {
        x: 0,
        y: 0,
        width,
        height,
    };
    whole.items.push(Item::Leaf {
        rect,
        look: caption.look,
        full: caption.full.clone(),
    });
    whole.items.extend(texts);
    whole
}

/// A box around `body`, which is left at its bottom whatever happens in it.
pub(super) fn frame(caption: &Caption, body: Picture, exit: Option<&str>) -> Picture {
    let style = caption.look.style();
    let line = caption.place();
    let line_width = Font::Line.width(&line);
    let name = abridge(&caption.name, LONGEST_HEAD);
    let name_left = PADDING + Font::Word.width(&caption.word) + 8;
    let note = abridge(&caption.notes.join(" · "), LONGEST_HEAD + 10);
    let widths = [
        name_left + Font::Name.width(&name) + 16 + line_width + PADDING,
        PADDING + Font::Note.width(&note) + PADDING,
        PADDING + body.width + PADDING,
    ];
    let width = widths.into_iter().max().unwrap_or_default();

    let mut header = vec![
        words(PADDING, 22, Font::Word, style.ink, caption.word.clone()),
        words(name_left, 22, Font::Name, style.ink, name),
        place(width - PADDING, 22, line),
    ];
    let dot = match note.is_empty() {
        true => 36,
        false => 54,
    };
    header.push(words(PADDING, 40, Font::Note, style.ink, note));

    let left = (width - body.width) / 2;
    let axis = left + body.axis;
    let top = dot + if body.has_entry { 10 } else { GAP };
    let bottom = top + body.height;
    let height = bottom + PADDING;
    let behind = sheets(caption.look);
    let mut whole = Picture {
        width: width + behind,
        height: height + behind,
        axis,
        is_open: true,
        ..Picture::default()
    };
    whole.exit(22, exit);
    let rect = Rect {
        x: 0,
        y: 0,
        width,
        height,
    };
    whole.items.push(Item::Frame {
        rect,
        look: caption.look,
        full: caption.full.clone(),
    });
    whole.items.extend(header);
    whole.items.push(Item::Dot { x: axis, y: dot });
    whole.line(&[(axis, dot), (axis, top)], Stroke::Flow, !body.has_entry);
    if body.is_open {
        whole.line(
            &[(axis, bottom), (axis, height + behind)],
            Stroke::Flow,
            false,
        );
    }
    whole.place(body, left, top);
    whole
}

/// A label on a line.
pub(super) fn chip(label: &str, ink: &'static str) -> Picture {
    let full = clean(label);
    let lines = wrap(&full, LONGEST_LABEL, 2);
    let inner = lines
        .iter()
        .map(|line| Font::Name.width(line))
        .max()
        .unwrap_or_default();
    let width = inner.max(16) + 16;
    let mut whole = Picture {
        width,
        axis: width / 2,
        is_open: true,
        ..Picture::default()
    };
    let mut baseline = 0;
    let mut texts = Vec::new();
    for line in lines {
        baseline += 17;
        texts.push(Item::Words(Words {
            x: width / 2,
            y: baseline,
            anchor: Anchor::Middle,
            font: Font::Name,
            ink,
            text: line,
        }));
    }
    whole.height = baseline + 7;
    let rect = Rect {
        x: 0,
        y: 0,
        width,
        height: whole.height,
    };
    whole.items.push(Item::Chip { rect, ink, full });
    whole.items.extend(texts);
    whole
}

impl Picture {
    /// The mark at its right where an error ends it, at this height.
    fn exit(&mut self, y: i32, full: Option<&str>) {
        let Some(full) = full else { return };
        let x = self.width + EXIT_LINE;
        // From within, as not every shape reaches its right end at every height.
        self.line(&[(self.width - 16, y), (x, y)], Stroke::Error, true);
        self.items.push(Item::Exit {
            x: x + EXIT,
            y,
            full: full.to_owned(),
        });
        self.width = x + 2 * EXIT + 1;
    }
}
