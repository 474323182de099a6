//! A picture as elements of an SVG.

use svg::Document;
use svg::node::element::{Circle, Element, Path, Rectangle, Text, Title};

use super::layout::{Anchor, Font, Item, Picture, Rect, Stroke, Words};
use super::parts::{EXIT, SHEETS};
use crate::graph::look::{Look, Shape, Style};

const PAGE: &str = "#ffffff";
const PAGE_BORDER: &str = "#d1d5db";
const LANE: &str = "#ffffff";
const FLOW: &str = "#4b5563";
const ERROR: &str = "#b91c1c";
const AGAIN: &str = "#9a3412";
const SANS: &str =
    "system-ui, -apple-system, 'Segoe UI', 'Liberation Sans', Helvetica, Arial, sans-serif";
const MONO: &str =
    "ui-monospace, 'SF Mono', Menlo, Consolas, 'Liberation Mono', 'DejaVu Sans Mono', monospace";

pub(super) fn document(page: &Picture, title: &str) -> String {
    let size = (page.width, page.height);
    let mut document = Document::new()
        .set("viewBox", (0, 0, size.0, size.1))
        .set("width", size.0)
        .set("height", size.1)
        .set("role", "img")
        .set("font-family", SANS)
        .add(Title::new(title));
    document = document.add(
        Rectangle::new()
            .set("x", "0.5")
            .set("y", "0.5")
            .set("width", size.0 - 1)
            .set("height", size.1 - 1)
            .set("rx", 10)
            .set("fill", PAGE)
            .set("stroke", PAGE_BORDER),
    );
    for item in &page.items {
        for element in elements(item) {
            document = document.add(element);
        }
    }
    let mut text = document.to_string();
    text.push('\n');
    text
}

fn elements(item: &Item) -> Vec<Element> {
    match item {
        Item::Leaf { rect, look, full } => vec![titled(shape(*rect, look.style(), 1.5), full)],
        Item::Sample { rect, look } => vec![shape(*rect, look.style(), 1.25).into()],
        Item::Frame { rect, look, full } => vec![titled(shape(*rect, look.style(), 1.5), full)],
        Item::Lane { rect } => vec![
            Path::new()
                .set("d", rounded(*rect, 6))
                .set("fill", LANE)
                .set("stroke", PAGE_BORDER)
                .into(),
        ],
        Item::Chip { rect, ink, full } => {
            let chip = Path::new()
                .set("d", rounded(*rect, 6))
                .set("fill", PAGE)
                .set("stroke", *ink)
                .set("stroke-width", "0.75");
            vec![titled(chip, full)]
        }
        Item::Bar { rect, look } => vec![bar(*rect, *look)],
        Item::Dot { x, y } => vec![
            Circle::new()
                .set("cx", *x)
                .set("cy", *y)
                .set("r", 3)
                .set("fill", FLOW)
                .into(),
        ],
        Item::Exit { x, y, full } => exit(*x, *y, full),
        Item::Line {
            points,
            stroke,
            arrow,
        } => line(points, *stroke, *arrow),
        Item::Words(words) if words.text.is_empty() => Vec::new(),
        Item::Words(words) => vec![text(words)],
    }
}

/// What a browser shows beside the pointer.
fn titled(path: Path, full: &str) -> Element {
    match full.is_empty() {
        true => path.into(),
        false => path.add(Title::new(full)).into(),
    }
}

fn text(words: &Words) -> Element {
    let (family, weight) = match words.font {
        Font::Title => (SANS, "700"),
        Font::Word => (SANS, "700"),
        Font::Name => (MONO, "400"),
        Font::Note | Font::Line => (SANS, "400"),
    };
    let mut text = Text::new(words.text.as_str())
        .set("x", words.x)
        .set("y", words.y)
        .set("font-size", words.font.size())
        .set("fill", words.ink)
        // So that the box behind it shows its title.
        .set("pointer-events", "none");
    if family != SANS {
        text = text.set("font-family", family);
    }
    if weight != "400" {
        text = text.set("font-weight", weight);
    }
    match words.anchor {
        Anchor::Left => {}
        Anchor::Middle => text = text.set("text-anchor", "middle"),
        Anchor::Right => text = text.set("text-anchor", "end"),
    }
    if words.font == Font::Word {
        text = text.set("letter-spacing", "0.6");
    }
    text.into()
}

fn shape(rect: Rect, style: Style, width: f32) -> Path {
    let path = Path::new()
        .set("d", outline(rect, style.shape))
        .set("fill", style.paper)
        .set("stroke", style.ink);
    match style.shape {
        Shape::Dashed => path
            .set("stroke-width", width)
            .set("stroke-dasharray", "6 4"),
        Shape::Bold => path.set("stroke-width", width + 1.25),
        _ => path.set("stroke-width", width),
    }
}

fn outline(rect: Rect, shape: Shape) -> String {
    let Rect {
        x,
        y,
        width: w,
        height: h,
    } = rect;
    let (right, bottom) = (x + w, y + h);
    // A sample in the legend is too small for all of a corner.
    let corner = (h / 3).min(14);
    match shape {
        Shape::Card | Shape::Dashed | Shape::Bold => rounded(rect, 6),
        Shape::Pill => rounded(rect, (h / 2).min(24)),
        Shape::Slanted => format!(
            "M{} {y}H{right}L{} {bottom}H{x}Z",
            x + corner,
            right - corner
        ),
        Shape::Barred => {
            let bar = corner / 2 + 1;
            format!(
                "{}M{} {y}V{bottom}M{} {y}V{bottom}",
                rounded(rect, 2),
                x + bar,
                right - bar
            )
        }
        Shape::Double => {
            let inner = Rect {
                x: x + 3,
                y: y + 3,
                width: w - 6,
                height: h - 6,
            };
            format!("{}{}", rounded(rect, 6), rounded(inner, 4))
        }
        Shape::Folded => format!(
            "M{x} {y}H{fold}L{right} {below}V{bottom}H{x}ZM{right} {below}H{fold}V{y}",
            fold = right - corner,
            below = y + corner
        ),
        Shape::Pointed => {
            let middle = y + h / 2;
            let point = (h / 2).min(20);
            format!(
                "M{} {y}H{}L{right} {middle}L{} {bottom}H{}L{x} {middle}Z",
                x + point,
                right - point,
                right - point,
                x + point
            )
        }
        Shape::Stack => {
            let step = (SHEETS / 2).min(h / 6);
            let sheet = |by: i32| {
                // Clockwise like the one in front, or the two would cut each other out.
                format!(
                    "M{right} {}H{}V{}H{}V{bottom}",
                    y + by,
                    right + by,
                    bottom + by,
                    x + by
                )
            };
            format!("{}{}{}", sheet(2 * step), sheet(step), rounded(rect, 3))
        }
    }
}

fn rounded(rect: Rect, radius: i32) -> String {
    let Rect {
        x,
        y,
        width,
        height,
    } = rect;
    let r = radius.min(width / 2).min(height / 2);
    let (w, h) = (width - 2 * r, height - 2 * r);
    format!(
        "M{} {y}h{w}a{r} {r} 0 0 1 {r} {r}v{h}a{r} {r} 0 0 1 -{r} {r}h-{w}a{r} {r} 0 0 1 -{r} -{r}v-{h}a{r} {r} 0 0 1 {r} -{r}z",
        x + r
    )
}

/// Solid where all are waited for, broken where the first is enough.
fn bar(rect: Rect, look: Look) -> Element {
    let middle = rect.y + rect.height / 2;
    let path = Path::new()
        .set("d", format!("M{} {middle}h{}", rect.x, rect.width))
        .set("stroke", look.style().ink)
        .set("stroke-width", rect.height);
    match look {
        Look::Race => path.set("stroke-dasharray", "10 5").into(),
        _ => path.into(),
    }
}

fn exit(x: i32, y: i32, full: &str) -> Vec<Element> {
    let mut ring = Circle::new()
        .set("cx", x)
        .set("cy", y)
        .set("r", EXIT - 1)
        .set("fill", "#fee8e7")
        .set("stroke", ERROR)
        .set("stroke-width", "1.5");
    if !full.is_empty() {
        ring = ring.add(Title::new(full));
    }
    let mark = Text::new("?")
        .set("x", x)
        .set("y", y + 4)
        .set("text-anchor", "middle")
        .set("font-size", 12)
        .set("font-weight", "700")
        .set("fill", ERROR)
        .set("pointer-events", "none");
    vec![ring.into(), mark.into()]
}

fn line(points: &[(i32, i32)], stroke: Stroke, arrow: bool) -> Vec<Element> {
    let (ink, dashes) = match stroke {
        Stroke::Flow | Stroke::Back => (FLOW, None),
        Stroke::Again => (AGAIN, Some("5 3")),
        Stroke::Error => (ERROR, None),
        Stroke::Aside => (FLOW, Some("2 3")),
    };
    let mut path = Path::new()
        .set("d", bent(points))
        .set("fill", "none")
        .set("stroke", ink)
        .set("stroke-width", "1.5");
    if let Some(dashes) = dashes {
        path = path.set("stroke-dasharray", dashes);
    }
    let mut elements: Vec<Element> = vec![path.into()];
    if let (true, [.., (x0, y0), (x, y)]) = (arrow, points) {
        // One step back along the line, and one to its side.
        let (back_x, back_y) = (7 * (x0 - x).signum(), 7 * (y0 - y).signum());
        let (side_x, side_y) = (back_y * 4 / 7, back_x * 4 / 7);
        let head = format!(
            "M{x} {y}L{} {}L{} {}Z",
            x + back_x + side_x,
            y + back_y + side_y,
            x + back_x - side_x,
            y + back_y - side_y
        );
        elements.push(Path::new().set("d", head).set("fill", ink).into());
    }
    elements
}

/// Through all of them, with round corners.
fn bent(points: &[(i32, i32)]) -> String {
    let mut path = String::new();
    for (number, &(x, y)) in points.iter().enumerate() {
        let before = number.checked_sub(1).and_then(|at| points.get(at));
        match (before, points.get(number + 1)) {
            (None, _) => path.push_str(&format!("M{x} {y}")),
            (Some(_), None) => path.push_str(&format!("L{x} {y}")),
            (Some(&(x0, y0)), Some(&(x1, y1))) => {
                let toward = |to_x: i32, to_y: i32| {
                    let length = (to_x - x).abs() + (to_y - y).abs();
                    let reach = (length / 2).min(7);
                    (
                        x + reach * (to_x - x).signum(),
                        y + reach * (to_y - y).signum(),
                    )
                };
                let ((ax, ay), (bx, by)) = (toward(x0, y0), toward(x1, y1));
                path.push_str(&format!("L{ax} {ay}Q{x} {y} {bx} {by}"));
            }
        }
    }
    path
}
