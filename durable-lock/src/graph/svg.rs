//! The picture as an SVG: boxes in boxes, as the control flow is.

mod draw;
mod layout;
mod legend;
mod parts;
#[cfg(test)]
mod tests;
mod tree;

use super::caption::heading;
use super::text::shorten;
use crate::manifest::Manifest;
use layout::{Anchor, Font, Item, Picture, Words};

const MARGIN: i32 = 24;
/// No picture is narrower, so that a legend has room.
const NARROWEST: i32 = 560;
const TITLE_HEIGHT: i32 = 52;
const TITLE_INK: &str = "#1f2937";
const PLACE_INK: &str = "#4b5563";
const LONGEST_TITLE: usize = 60;

pub(super) fn write(manifest: &Manifest) -> String {
    let page = page(manifest);
    let (title, place) = heading(manifest);
    draw::document(&page, &format!("{title}, {place}"))
}

/// Everything where it is drawn.
fn page(manifest: &Manifest) -> Picture {
    let flow = tree::function(manifest.body());
    let (title, place) = heading(manifest);
    let titles = [
        (Font::Title, shorten(&title, LONGEST_TITLE), TITLE_INK, 20),
        (Font::Name, shorten(&place, LONGEST_TITLE), PLACE_INK, 42),
    ];
    let inner = titles
        .iter()
        .map(|(font, text, ..)| font.width(text))
        .chain([flow.width, NARROWEST])
        .max()
        .unwrap_or(NARROWEST);
    let legend = legend::legend(&flow, inner);
    let below = MARGIN + TITLE_HEIGHT + MARGIN + flow.height + MARGIN;
    let mut page = Picture {
        width: inner + 2 * MARGIN,
        height: below + legend.height + MARGIN,
        ..Picture::default()
    };
    for (font, text, ink, baseline) in titles {
        page.items.push(Item::Words(Words {
            x: MARGIN,
            y: MARGIN + baseline,
            anchor: Anchor::Left,
            font,
            ink,
            text,
        }));
    }
    let left = MARGIN + (inner - flow.width) / 2;
    page.place(flow, left, MARGIN + TITLE_HEIGHT + MARGIN);
    page.place(legend, MARGIN, below);
    page
}
