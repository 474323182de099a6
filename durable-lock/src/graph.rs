//! A workflow's control flow as a picture, with the feature `graph`.
//!
//! What happens one after the other stands below each other, what happens at once stands beside each other, and what repeats or has a scope of its own is
//! framed. The same manifest gives the same text, byte for byte, so pictures can be kept beside the code and compared.
//!
//! ```
//! use durable_lock::graph::{Format, render};
//! use durable_lock::manifest::Manifest;
//!
//! let manifest = Manifest::parse(
//!     r#"{
//!         "version": 1, "package": "shop", "package_dir": "/shop", "krate": "shop",
//!         "file": "src/lib.rs", "line": 7, "function": "fulfil",
//!         "item": {"is": "workflow", "name": "fulfil", "body": [
//!             {"node": "site", "key": "charge", "kind": "step", "callee": "charge", "line": 8}
//!         ]}
//!     }"#,
//! )?;
//! assert!(render(&manifest, Format::Mermaid).contains("STEP"));
//! assert!(render(&manifest, Format::Dot).starts_with("digraph"));
//! assert!(render(&manifest, Format::Svg).starts_with("<svg"));
//! # Ok::<_, String>(())
//! ```

mod caption;
mod dot;
mod flow;
mod lines;
mod look;
mod mermaid;
mod svg;
#[cfg(test)]
mod tests;
mod text;

use crate::manifest::Manifest;

/// What a picture is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// The text of a [Mermaid](https://mermaid.js.org) flowchart, which many code hosts draw where it stands in Markdown. Mermaid itself refuses very large ones
    /// unless it is told not to: more than 500 arrows, or more than 50,000 characters.
    Mermaid,
    /// The text of a [Graphviz](https://graphviz.org) digraph, for `dot`.
    Dot,
    /// One self-contained SVG: no script, no style sheet, no font of its own, and a background that fits light and dark pages.
    Svg,
}

/// Draws what a workflow or a helper executes. A step's manifest has no body, and gives a picture that only starts and ends.
///
/// Kinds are drawn as the manifest has them. A macro sees only text, in which a call of a `#[step]` and one of a workflow look alike, so whoever knows more puts it
/// into [`Site::kind`](crate::manifest::Site::kind) first.
///
/// Texts that are too long for the picture end in an ellipsis; an SVG has them in full in `<title>` elements, which a browser shows beside the pointer.
#[must_use]
pub fn render(manifest: &Manifest, format: Format) -> String {
    match format {
        Format::Mermaid => mermaid::write(&flow::Flow::of(manifest)),
        Format::Dot => dot::write(&flow::Flow::of(manifest)),
        Format::Svg => svg::write(manifest),
    }
}
