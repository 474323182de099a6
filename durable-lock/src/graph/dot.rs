//! The picture as a digraph for Graphviz.

use super::caption::Caption;
use super::flow::{Edge, Flow, Group, Member, Vertex, Way};
use super::lines::Lines;
use super::look::{Look, Shape, Style};
use super::text::{abridge, clean, shorten};

const FONT: &str = "Helvetica,Arial,sans-serif";
const LONGEST_NAME: usize = 48;
const LONGEST_NOTE: usize = 60;
const LONGEST_LABEL: usize = 48;

pub(super) fn write(flow: &Flow) -> String {
    let mut out = Out::default();
    out.lines
        .push(&format!("digraph {} {{", quote(&flow.title)));
    out.lines.depth = 1;
    let title = lines(&[&flow.title, &flow.place]);
    out.lines.push(&format!(
        "graph [label={title}, labelloc=t, ordering=out, fontname=\"{FONT}\", fontsize=16, bgcolor=white]"
    ));
    out.lines
        .push(&format!("node [fontname=\"{FONT}\", fontsize=11]"));
    out.lines.push(&format!(
        "edge [fontname=\"{FONT}\", fontsize=10, color=\"#4b5563\"]"
    ));
    out.members(&flow.members);
    for edge in &flow.edges {
        out.edge(edge);
    }
    out.lines.depth = 0;
    out.lines.push("}");
    out.lines.text
}

#[derive(Default)]
struct Out {
    lines: Lines,
}

impl Out {
    fn members(&mut self, members: &[Member]) {
        for member in members {
            match member {
                Member::Vertex(vertex) => self.vertex(vertex),
                Member::Group(group) => self.group(group),
            }
        }
    }

    fn vertex(&mut self, Vertex { id, caption }: &Vertex) {
        let Style { ink, paper, .. } = caption.look.style();
        let label = label(caption);
        let shape = shape(caption.look);
        let tooltip = quote(&caption.full);
        self.lines.push(&format!(
            "{id} [label={label}, {shape}, color=\"{ink}\", fontcolor=\"{ink}\", fillcolor=\"{paper}\", tooltip={tooltip}]"
        ));
    }

    fn group(&mut self, group: &Group) {
        let Group { id, caption, .. } = group;
        let Style { shape, ink, paper } = caption.look.style();
        let style = match shape {
            Shape::Dashed => "rounded,dashed,filled",
            Shape::Bold => "rounded,bold,filled",
            _ => "rounded,filled",
        };
        let title = quote(&caption.word);
        let tooltip = quote(&caption.full);
        self.lines.push(&format!("subgraph cluster_{id} {{"));
        self.lines.depth += 1;
        self.lines.push(&format!(
            "graph [label={title}, fontsize=11, style=\"{style}\", color=\"{ink}\", fontcolor=\"{ink}\", fillcolor=\"{paper}\", tooltip={tooltip}]"
        ));
        self.members(&group.members);
        self.lines.depth -= 1;
        self.lines.push("}");
    }

    fn edge(&mut self, edge: &Edge) {
        let Edge { from, to, .. } = edge;
        let mut attributes = Vec::new();
        let label = clean(&edge.label);
        if !label.is_empty() {
            attributes.push(format!("label={}", quote(&abridge(&label, LONGEST_LABEL))));
        }
        let way = match edge.way {
            // What follows each other shall be in a line.
            Way::On => "weight=8",
            Way::Back => "style=bold, constraint=false",
            Way::Error => "style=dashed, color=\"#b91c1c\", fontcolor=\"#b91c1c\"",
            Way::Aside => "style=dotted, arrowhead=none",
        };
        if !way.is_empty() {
            attributes.push(way.to_owned());
        }
        match attributes.is_empty() {
            true => self.lines.push(&format!("{from} -> {to}")),
            false => self
                .lines
                .push(&format!("{from} -> {to} [{}]", attributes.join(", "))),
        }
    }
}

const fn shape(look: Look) -> &'static str {
    match look.style().shape {
        Shape::Card => "shape=box, style=\"rounded,filled\"",
        Shape::Pill => "shape=oval, style=filled",
        Shape::Slanted => "shape=parallelogram, style=filled",
        Shape::Barred => "shape=cds, style=filled",
        Shape::Double => "shape=box, peripheries=2, style=filled",
        Shape::Folded => "shape=note, style=filled",
        Shape::Pointed => "shape=diamond, style=filled",
        Shape::Stack => "shape=box3d, style=filled",
        Shape::Dashed => "shape=box, style=\"rounded,dashed,filled\"",
        Shape::Bold => "shape=hexagon, style=\"bold,filled\"",
    }
}

fn label(caption: &Caption) -> String {
    let notes = caption.notes.join(" · ");
    let name = abridge(&caption.name, LONGEST_NAME);
    lines(&[
        &caption.word,
        &name,
        &shorten(&notes, LONGEST_NOTE),
        &caption.place(),
    ])
}

/// Those that aren't empty, below each other.
fn lines(texts: &[&str]) -> String {
    let texts = texts.iter().filter(|text| !text.is_empty());
    let lines: Vec<_> = texts.map(|text| escape(text)).collect();
    format!("\"{}\"", lines.join("\\n"))
}

fn quote(text: &str) -> String {
    lines(&[text])
}

/// For a string in quotation marks, in which Graphviz also knows the entities of HTML.
pub(super) fn escape(text: &str) -> String {
    text.replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('&', "&amp;")
}
