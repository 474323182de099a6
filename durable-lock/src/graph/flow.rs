//! A workflow as vertices, edges and groups, for the formats that are laid out by somebody else.

use std::collections::BTreeMap;
use std::mem;

use super::caption::{Caption, Inside, heading};
use super::look::Look;
use crate::Kind;
use crate::manifest::{Arm, Manifest, Node, Site};

const LONGEST_ID: usize = 60;

/// The whole of it. Its ids are made of keys, so that an edit changes few of them.
#[derive(Debug, Default)]
pub(super) struct Flow {
    pub(super) title: String,
    pub(super) place: String,
    /// What is in no group.
    pub(super) members: Vec<Member>,
    pub(super) edges: Vec<Edge>,
}

#[derive(Debug)]
pub(super) enum Member {
    Vertex(Vertex),
    Group(Group),
}

#[derive(Debug)]
pub(super) struct Vertex {
    pub(super) id: String,
    pub(super) caption: Caption,
}

#[derive(Debug)]
pub(super) struct Group {
    pub(super) id: String,
    pub(super) caption: Caption,
    pub(super) members: Vec<Member>,
}

#[derive(Debug)]
pub(super) struct Edge {
    pub(super) from: String,
    pub(super) to: String,
    pub(super) label: String,
    pub(super) way: Way,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    On,
    Back,
    Error,
    /// To what is kept for later.
    Aside,
}

/// An end that nothing is joined to yet: the vertex, and what the edge from it will say.
type Ends = Vec<(String, String)>;

#[derive(Debug, Default)]
struct Builder {
    flow: Flow,
    /// The ids that are taken, and how often each was wanted.
    used: BTreeMap<String, u32>,
    /// The groups that are open, the outermost first.
    open: Vec<Group>,
    /// The `break`s of each loop around, innermost last, and the loop's head.
    loops: Vec<(String, Ends)>,
    /// What has returned from the closure or branch.
    returned: Ends,
}

impl Flow {
    pub(super) fn of(manifest: &Manifest) -> Self {
        let mut builder = Builder::default();
        let start = builder.vertex("start", Caption::start());
        let ends = builder.nodes(manifest.body(), ends(&start), Inside::Function);
        if !ends.is_empty() {
            let done = builder.vertex("done", Caption::done());
            builder.join(ends, &done, Way::On);
        }
        // Some draw what comes out of a vertex in this order.
        builder
            .flow
            .edges
            .sort_by_key(|edge| edge.way == Way::Error);
        let (title, place) = heading(manifest);
        Self {
            title,
            place,
            ..builder.flow
        }
    }
}

fn ends(vertex: &str) -> Ends {
    vec![(vertex.to_owned(), String::new())]
}

impl Builder {
    /// An id that nothing else has.
    fn id(&mut self, base: &str) -> String {
        let keep = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
        let base: String = base.chars().take(LONGEST_ID).map(keep).collect();
        let mut id = base.clone();
        while self.used.contains_key(&id) {
            let wanted = self.used.entry(base.clone()).or_insert(1);
            *wanted += 1;
            id = format!("{base}_{wanted}");
        }
        self.used.insert(id.clone(), 1);
        id
    }

    fn member(&mut self, member: Member) {
        match self.open.last_mut() {
            Some(group) => group.members.push(member),
            None => self.flow.members.push(member),
        }
    }

    fn vertex(&mut self, base: &str, caption: Caption) -> String {
        let id = self.id(base);
        self.member(Member::Vertex(Vertex {
            id: id.clone(),
            caption,
        }));
        id
    }

    fn join(&mut self, from: Ends, to: &str, way: Way) {
        for (from, label) in from {
            self.flow.edges.push(Edge {
                from,
                to: to.to_owned(),
                label,
                way,
            });
        }
    }

    /// What `inside` makes is in a group. Its ends are those of `inside` itself: whatever returns there returns from it.
    fn scope(&mut self, inside: impl FnOnce(&mut Self) -> Ends) -> Ends {
        let loops = mem::take(&mut self.loops);
        let returned = mem::take(&mut self.returned);
        let mut ends = inside(self);
        self.loops = loops;
        ends.append(&mut mem::replace(&mut self.returned, returned));
        ends
    }

    fn group<T>(&mut self, base: &str, caption: Caption, inside: impl FnOnce(&mut Self) -> T) -> T {
        let id = self.id(&format!("{base}_frame"));
        self.open.push(Group {
            id,
            caption,
            members: Vec::new(),
        });
        let result = inside(self);
        if let Some(group) = self.open.pop() {
            self.member(Member::Group(group));
        }
        result
    }

    fn nodes(&mut self, nodes: &[Node], mut ends: Ends, inside: Inside) -> Ends {
        for node in nodes {
            ends = match node {
                Node::Site(site) => self.site(site, ends, inside),
                Node::Decision { head, line, arms } => {
                    self.decision(Caption::decision(head, *line), arms, ends, inside)
                }
                Node::Loop { head, line, body } => {
                    let caption = Caption::repeated(head, *line);
                    self.repeated(caption, head == "loop", body, ends, inside)
                }
                // `return restart(..)` has ended before it returns.
                Node::End { .. } if ends.is_empty() => ends,
                Node::End { how, line } => {
                    self.end(how, Caption::end(how, *line, inside), ends, inside)
                }
                Node::Later { name, line, body } => {
                    let caption = Caption::later(name.as_deref(), *line);
                    self.later(caption, body, &ends);
                    ends
                }
            };
        }
        ends
    }

    fn site(&mut self, site: &Site, before: Ends, inside: Inside) -> Ends {
        let caption = Caption::site(site);
        let base = format!("s_{}", site.key);
        if site.branches.is_empty() && site.body.is_empty() {
            let id = self.operation(&base, caption, site, before, inside);
            return match site.kind {
                Kind::Restart => Ends::new(),
                _ => ends(&id),
            };
        }
        self.group(&base, caption.clone(), |this| {
            let id = this.operation(&base, caption, site, before, inside);
            let mut after = ends(&id);
            if !site.branches.is_empty() {
                after = this.branches(site, &id);
            }
            if !site.body.is_empty() {
                after = this.scope(|this| this.nodes(&site.body, after, Inside::Closure));
            }
            if site.kind == Kind::RetryBlock {
                let again = after
                    .iter()
                    .map(|(end, _)| (end.clone(), "fails".to_owned()));
                this.join(again.collect(), &id, Way::Back);
            }
            match after.is_empty() {
                true => ends(&id),
                false => after,
            }
        })
    }

    /// Its own vertex, and the one where its error ends the function.
    fn operation(
        &mut self,
        base: &str,
        caption: Caption,
        site: &Site,
        before: Ends,
        inside: Inside,
    ) -> String {
        let id = self.vertex(base, caption);
        self.join(before, &id, Way::On);
        if site.can_end {
            let failed = self.vertex(&format!("{id}_error"), Caption::failed(inside));
            self.join(vec![(id.clone(), "?".to_owned())], &failed, Way::Error);
        }
        id
    }

    fn branches(&mut self, site: &Site, fork: &str) -> Ends {
        let mut after = Ends::new();
        for branch in &site.branches {
            let start = vec![(fork.to_owned(), branch.label.clone())];
            after.extend(self.scope(|this| this.nodes(&branch.body, start, Inside::Branch)));
        }
        let met = self.vertex(&format!("{fork}_met"), Caption::met(site.kind));
        self.join(after, &met, Way::On);
        ends(&met)
    }

    fn decision(&mut self, caption: Caption, arms: &[Arm], before: Ends, inside: Inside) -> Ends {
        let id = self.vertex("decision", caption);
        self.join(before, &id, Way::On);
        if arms.is_empty() {
            return ends(&id);
        }
        let mut after = Ends::new();
        for arm in arms {
            let start = vec![(id.clone(), arm.label.clone())];
            after.extend(self.nodes(&arm.body, start, inside));
        }
        after
    }

    fn repeated(
        &mut self,
        caption: Caption,
        is_endless: bool,
        body: &[Node],
        before: Ends,
        inside: Inside,
    ) -> Ends {
        let (head, mut breaks) = self.group("loop", caption.clone(), |this| {
            let head = this.vertex("loop", caption);
            this.join(before, &head, Way::On);
            this.loops.push((head.clone(), Ends::new()));
            let round = this.nodes(body, ends(&head), inside);
            this.join(round, &head, Way::Back);
            let (_, breaks) = this.loops.pop().unwrap_or_default();
            (head, breaks)
        });
        if !is_endless {
            breaks.push((head, "done".to_owned()));
        } else if breaks.is_empty() {
            // A manifest leaves out what has no operation in it, which a `break` often stands in.
            breaks.push((head, "break".to_owned()));
        }
        breaks
    }

    fn end(&mut self, how: &str, caption: Caption, before: Ends, inside: Inside) -> Ends {
        let look = caption.look;
        let id = self.vertex("exit", caption);
        self.join(before, &id, Way::On);
        match (look, self.loops.last_mut()) {
            (Look::Jump, Some((head, _))) if how == "continue" => {
                let head = head.clone();
                self.join(ends(&id), &head, Way::Back);
            }
            (Look::Jump, Some((_, breaks))) => breaks.extend(ends(&id)),
            _ if inside != Inside::Function && look != Look::Jump => {
                self.returned.extend(ends(&id))
            }
            _ => {}
        }
        Ends::new()
    }

    fn later(&mut self, caption: Caption, body: &[Node], before: &Ends) {
        self.group("later", caption.clone(), |this| {
            let id = this.vertex("later", caption);
            let beside = before.iter().map(|(from, _)| (from.clone(), String::new()));
            this.join(beside.take(1).collect(), &id, Way::Aside);
            this.scope(|this| this.nodes(body, ends(&id), Inside::Closure));
        });
    }
}
