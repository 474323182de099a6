//! The picture as a Mermaid flowchart.

use std::fmt::Write as _;

use super::caption::Caption;
use super::flow::{Edge, Flow, Group, Member, Vertex, Way};
use super::lines::Lines;
use super::look::{Look, Shape, Style};
use super::text::{abridge, clean, shorten};

const LONGEST_NAME: usize = 48;
const LONGEST_NOTE: usize = 60;
const LONGEST_LABEL: usize = 48;

pub(super) fn write(flow: &Flow) -> String {
    let mut out = Out::default();
    // A string of JSON is one of YAML.
    let title = format!("{} ({})", flow.title, flow.place);
    let title = serde_json::Value::String(title).to_string();
    out.lines
        .push(&format!("---\ntitle: {title}\n---\nflowchart TB"));
    out.lines.depth = 1;
    out.members(&flow.members);
    for edge in &flow.edges {
        out.edge(edge);
    }
    let used = Look::ALL.into_iter().filter(|look| out.used.contains(look));
    for look in used.collect::<Vec<_>>() {
        let Style { shape, ink, paper } = look.style();
        let dashes = match shape {
            Shape::Dashed => ",stroke-dasharray:6 4",
            _ => "",
        };
        let class = class(look);
        out.lines.push(&format!(
            "classDef {class} fill:{paper},stroke:{ink},color:{ink}{dashes}"
        ));
    }
    out.lines.text
}

#[derive(Default)]
struct Out {
    lines: Lines,
    used: Vec<Look>,
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
        let (open, close) = brackets(caption.look);
        let label = label(caption);
        let class = class(caption.look);
        self.lines
            .push(&format!("{id}{open}\"{label}\"{close}:::{class}"));
        self.used.push(caption.look);
    }

    fn group(&mut self, group: &Group) {
        let Group { id, caption, .. } = group;
        self.lines
            .push(&format!("subgraph {id} [\"{}\"]", escape(&caption.word)));
        self.lines.depth += 1;
        self.members(&group.members);
        self.lines.depth -= 1;
        self.lines.push("end");
        self.lines
            .push(&format!("class {id} {}", class(caption.look)));
        self.used.push(caption.look);
    }

    fn edge(&mut self, edge: &Edge) {
        let arrow = match edge.way {
            Way::On => "-->",
            Way::Back => "==>",
            Way::Error | Way::Aside => "-.->",
        };
        let label = escape(&abridge(&clean(&edge.label), LONGEST_LABEL));
        let Edge { from, to, .. } = edge;
        match label.is_empty() {
            true => self.lines.push(&format!("{from} {arrow} {to}")),
            false => self
                .lines
                .push(&format!("{from} {arrow}|\"{label}\"| {to}")),
        }
    }
}

/// Not a word of Mermaid's, like `end` and `default`.
fn class(look: Look) -> String {
    format!("dw{look:?}")
}

const fn brackets(look: Look) -> (&'static str, &'static str) {
    match look {
        Look::Fail | Look::End | Look::Restart | Look::Start | Look::Sleep => ("([", "])"),
        Look::Callback => ("[/", "/]"),
        Look::Invoke | Look::Child => ("[[", "]]"),
        Look::Decision => ("{", "}"),
        Look::Loop | Look::Poll => ("{{", "}}"),
        Look::Map => ("[/", "\\]"),
        Look::Value | Look::Later | Look::Jump => (">", "]"),
        Look::Join | Look::Race | Look::Retry => ("(", ")"),
        Look::Step | Look::Operation | Look::Block => ("[", "]"),
    }
}

fn label(caption: &Caption) -> String {
    let notes = caption.notes.join(" · ");
    let name = abridge(&caption.name, LONGEST_NAME);
    let head = format!("{} {name}", caption.word);
    let rows = [
        escape(head.trim()),
        escape(&shorten(&notes, LONGEST_NOTE)),
        caption.place(),
    ];
    let rows: Vec<_> = rows.into_iter().filter(|row| !row.is_empty()).collect();
    rows.join("<br>")
}

/// For a label in quotation marks. Mermaid takes a label for HTML, for Markdown and for more; what could be any of that is written as its number.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut before = ' ';
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let is_plain = match c {
            // Emphasis, unless it is in a word.
            '_' => {
                before.is_alphanumeric() && rest.peek().is_some_and(|next| next.is_alphanumeric())
            }
            '"' | '#' | '&' | '<' | '>' | ':' | ';' | '%' | '`' | '\\' | '$' | '*' | '~' => false,
            _ => true,
        };
        match is_plain {
            true => out.push(c),
            // Writing to a string doesn't fail.
            false => _ = write!(out, "#{};", u32::from(c)),
        }
        before = c;
    }
    out
}
