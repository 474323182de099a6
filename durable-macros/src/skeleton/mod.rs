//! A workflow's control flow as data, built while its body is rewritten.

pub(crate) mod facts;
mod text;
pub(crate) mod write;

use durable_lock::manifest::{Arm, Node, Site};
use proc_macro2::Ident;
use quote::ToTokens;

pub(crate) use facts::Facts;
pub(crate) use text::text;

/// Collects the nodes of a body in the order in which they are evaluated.
#[derive(Debug)]
pub(crate) struct Skeleton {
    /// Whether anybody wants it.
    wanted: bool,
    /// The lists that are open, the outermost first.
    open: Vec<Vec<Node>>,
    /// What closures and blocks that were passed to a call execute, until the call turns out to be an operation: the depth of the list, and the nodes.
    passed: Vec<(usize, u32, Vec<Node>)>,
}

impl Skeleton {
    /// One that collects nothing unless it is wanted.
    pub(crate) fn new(wanted: bool) -> Self {
        Self {
            wanted,
            open: vec![Vec::new()],
            passed: Vec::new(),
        }
    }

    /// Whether anybody wants it.
    pub(crate) const fn is_wanted(&self) -> bool {
        self.wanted
    }

    /// A piece of the source behind a word.
    pub(crate) fn text(&self, word: &str, tokens: &impl ToTokens) -> String {
        match self.wanted {
            true => format!("{word}{}", text(tokens)),
            false => String::new(),
        }
    }

    /// Everything that was collected.
    pub(crate) fn into_nodes(mut self) -> Vec<Node> {
        self.settle(None);
        self.open.pop().unwrap_or_default()
    }

    /// What comes now belongs to something inside.
    pub(crate) fn open(&mut self) {
        self.open.push(Vec::new());
    }

    /// What has come since [`Self::open`].
    pub(crate) fn close(&mut self) -> Vec<Node> {
        self.settle(None);
        self.open.pop().unwrap_or_default()
    }

    fn push(&mut self, node: Node) {
        if self.wanted
            && let Some(innermost) = self.open.last_mut()
        {
            innermost.push(node);
        }
    }

    /// An operation, which has what was passed to it.
    pub(crate) fn site(&mut self, mut site: Site) {
        let depth = self.open.len();
        while let Some((_, _, nodes)) = self.passed.pop_if(|(passed, ..)| *passed == depth) {
            site.body.splice(0..0, nodes);
        }
        self.push(Node::Site(site));
    }

    /// The operation that came last ends the function with its error.
    pub(crate) fn last_can_end(&mut self) {
        if let Some(Node::Site(site)) = self.open.last_mut().and_then(|nodes| nodes.last_mut()) {
            site.can_end = true;
        }
    }

    /// What has come since [`Self::open`] is a closure or a block that was passed to a call.
    pub(crate) fn passed(&mut self, line: u32) {
        let nodes = self.close();
        if matters(&nodes) {
            self.passed.push((self.open.len(), line, nodes));
        }
    }

    /// What has come since [`Self::open`] is a closure or a block that is kept for later.
    pub(crate) fn later(&mut self, line: u32) {
        let body = self.close();
        if matters(&body) {
            self.push(Node::Later {
                name: None,
                line,
                body,
            });
        }
    }

    /// A statement has ended: what was passed to calls that are no operations here is kept under the name that the statement binds.
    pub(crate) fn settle(&mut self, name: Option<&Ident>) {
        let depth = self.open.len();
        let mut left = Vec::new();
        while let Some((_, line, body)) = self.passed.pop_if(|(passed, ..)| *passed >= depth) {
            left.push(Node::Later {
                name: None,
                line,
                body,
            });
        }
        for node in left.into_iter().rev() {
            self.push(node);
        }
        if let (Some(name), Some(nodes)) = (name, self.open.last_mut())
            && let Some(Node::Later { name: unnamed, .. }) = nodes.last_mut()
            && unnamed.is_none()
        {
            *unnamed = Some(name.to_string());
        }
    }

    pub(crate) fn decision(&mut self, head: String, line: u32, arms: Vec<Arm>) {
        if arms.iter().any(|arm| matters(&arm.body)) {
            self.push(Node::Decision { head, line, arms });
        }
    }

    pub(crate) fn repeated(&mut self, head: String, line: u32, body: Vec<Node>) {
        if matters(&body) {
            self.push(Node::Loop { head, line, body });
        }
    }

    pub(crate) fn end(&mut self, how: &str, line: u32) {
        self.push(Node::End {
            how: how.to_owned(),
            line,
        });
    }
}

/// Whether there is anything in it that somebody would want to see: an operation, or an end of the function.
fn matters(nodes: &[Node]) -> bool {
    nodes.iter().any(|node| match node {
        Node::Site(_) => true,
        Node::End { how, .. } => how != "break" && how != "continue",
        Node::Decision { arms, .. } => arms.iter().any(|arm| matters(&arm.body)),
        Node::Loop { body, .. } | Node::Later { body, .. } => matters(body),
    })
}
