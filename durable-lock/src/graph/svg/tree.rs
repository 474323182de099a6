//! A workflow's nodes as pictures.

use super::layout::{Column, GAP, Item, Picture, Rect, Stroke, beside, stack};
use super::parts::{chip, frame, leaf};
use crate::Kind;
use crate::graph::caption::{Caption, Inside};
use crate::graph::look::Look;
use crate::manifest::{Arm, Node, Site};

/// Between a decision and the line that its arms hang on.
const BUS: i32 = 14;
/// Around what stands in a branch.
const LANE_PADDING: i32 = 14;
const BAR: i32 = 6;
/// Left of what repeats, for the line back.
const BACK: i32 = 22;

/// A whole function.
pub(super) fn function(body: &[Node]) -> Picture {
    let mut parts = vec![leaf(&Caption::start(), None)];
    parts.extend(parts_of(body, Inside::Function));
    // Without its end, for it depends on whether anything gets there.
    let gets_there = stack(parts.clone()).is_open;
    if gets_there {
        parts.push(leaf(&Caption::done(), None));
    }
    stack(parts)
}

fn parts_of(nodes: &[Node], inside: Inside) -> Vec<Picture> {
    let mut is_open = true;
    let mut parts = Vec::new();
    for node in nodes {
        let part = match node {
            Node::Site(site) => operation(site, inside),
            Node::Decision { head, line, arms } => decision(head, *line, arms, inside),
            Node::Loop { head, line, body } => {
                let body = repeated(stack(parts_of(body, inside)), Stroke::Back);
                // Its end is always within reach: a manifest leaves out what has no operation in it, which a `break` often stands in.
                frame(&Caption::repeated(head, *line), body, None)
            }
            // `return restart(..)` has ended before it returns.
            Node::End { .. } if !is_open => continue,
            Node::End { how, line } => {
                let mut end = leaf(&Caption::end(how, *line, inside), None);
                end.is_open = false;
                end
            }
            Node::Later { name, line, body } => later(name.as_deref(), *line, body),
        };
        is_open = part.is_open && (is_open || !part.is_aside);
        parts.push(part);
    }
    parts
}

fn operation(site: &Site, inside: Inside) -> Picture {
    let caption = Caption::site(site);
    let exit = site.can_end.then(|| inside.failure());
    let closure = |site: &Site| stack(parts_of(&site.body, Inside::Closure));
    match (site.branches.is_empty(), site.body.is_empty()) {
        (true, true) => {
            let mut leaf = leaf(&caption, exit.as_deref());
            leaf.is_open = site.kind != Kind::Restart;
            leaf
        }
        (true, false) => {
            let body = match site.kind {
                Kind::RetryBlock => repeated(closure(site), Stroke::Again),
                _ => closure(site),
            };
            frame(&caption, body, exit.as_deref())
        }
        (false, true) => frame(&caption, lanes(site), exit.as_deref()),
        (false, false) => {
            let both = stack(vec![lanes(site), closure(site)]);
            frame(&caption, both, exit.as_deref())
        }
    }
}

fn decision(head: &str, line: u32, arms: &[Arm], inside: Inside) -> Picture {
    let head = leaf(&Caption::decision(head, line), None);
    if arms.is_empty() {
        return head;
    }
    let ink = Look::Decision.style().ink;
    let columns = arms.iter().map(|arm| {
        let mut parts = vec![chip(&arm.label, ink)];
        parts.extend(parts_of(&arm.body, inside));
        stack(parts)
    });
    let arms = beside(columns.collect());
    let mut whole = Picture {
        width: arms.whole.width,
        axis: arms.whole.axis,
        is_open: arms.whole.is_open,
        ..Picture::default()
    }
    .widened(head.axis, head.width - head.axis);
    let (axis, dx) = (whole.axis, whole.axis - arms.whole.axis);
    let fork = head.height + BUS;
    let top = fork + BUS + 4;
    let merge = top + arms.whole.height + BUS;
    whole.height = if whole.is_open { merge } else { merge - BUS };
    for Column {
        axis: x,
        height,
        is_open,
        ..
    } in arms.columns
    {
        let x = x + dx;
        whole.line(
            &[(axis, head.height), (axis, fork), (x, fork), (x, top)],
            Stroke::Flow,
            true,
        );
        if is_open {
            whole.line(
                &[(x, top + height), (x, merge), (axis, merge)],
                Stroke::Flow,
                false,
            );
        }
    }
    let left = axis - head.axis;
    whole.place(head, left, 0);
    whole.place(arms.whole, dx, top);
    whole
}

/// The branches of a combinator between two bars.
fn lanes(site: &Site) -> Picture {
    let look = Look::of(site.kind);
    let ink = look.style().ink;
    let parts = site.branches.iter().map(|branch| {
        let mut parts = vec![chip(&branch.label, ink)];
        parts.extend(parts_of(&branch.body, Inside::Branch));
        stack(parts).padded(LANE_PADDING, LANE_PADDING)
    });
    let lanes = beside(parts.collect());
    let top = BAR + GAP;
    let bottom = top + lanes.whole.height + GAP;
    let mut whole = Picture {
        width: lanes.whole.width,
        height: bottom + BAR,
        axis: lanes.whole.axis,
        // What ends in a branch ends that branch.
        is_open: true,
        has_entry: true,
        ..Picture::default()
    };
    let bar = |y| Rect {
        x: 0,
        y,
        width: whole.width,
        height: BAR,
    };
    let (start, end) = (bar(0), bar(bottom));
    for column in &lanes.columns {
        whole.items.push(Item::Lane {
            rect: Rect {
                x: column.left,
                y: top - GAP / 2,
                width: column.width,
                height: lanes.whole.height + GAP,
            },
        });
    }
    whole.items.push(Item::Bar {
        rect: start,
        look: Look::Join,
    });
    whole.items.push(Item::Bar { rect: end, look });
    for column in &lanes.columns {
        whole.line(
            &[(column.axis, BAR), (column.axis, top)],
            Stroke::Flow,
            true,
        );
        if column.is_open {
            whole.line(
                &[(column.axis, top + column.height), (column.axis, bottom)],
                Stroke::Flow,
                true,
            );
        }
    }
    whole.place(lanes.whole, 0, top);
    whole
}

/// With a line from its end back to its beginning.
fn repeated(body: Picture, stroke: Stroke) -> Picture {
    let above = BUS + GAP - 4;
    let mut whole = Picture {
        width: body.width + BACK,
        height: above + body.height + GAP,
        axis: body.axis + BACK,
        is_open: body.is_open,
        has_entry: true,
        ..Picture::default()
    };
    let (axis, bottom) = (whole.axis, above + body.height);
    whole.line(&[(axis, 0), (axis, above)], Stroke::Flow, true);
    if body.is_open {
        let back = bottom + GAP / 2;
        whole.line(
            &[(axis, back), (0, back), (0, BUS - 4), (axis, BUS - 4)],
            stroke,
            true,
        );
        whole.line(&[(axis, bottom), (axis, whole.height)], Stroke::Flow, false);
    }
    whole.place(body, BACK, above);
    whole
}

/// Beside the flow, which passes it.
fn later(name: Option<&str>, line: u32, body: &[Node]) -> Picture {
    let body = stack(parts_of(body, Inside::Closure));
    let kept = frame(&Caption::later(name, line), body, None);
    let mut whole = Picture {
        width: GAP + kept.width,
        height: kept.height,
        is_open: true,
        is_aside: true,
        has_entry: true,
        ..Picture::default()
    };
    whole.line(&[(0, 0), (0, kept.height)], Stroke::Flow, false);
    whole.line(&[(0, GAP), (GAP, GAP)], Stroke::Aside, false);
    whole.place(kept, GAP, 0);
    whole
}
