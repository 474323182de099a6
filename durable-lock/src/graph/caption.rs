//! What a picture says about each part of a workflow.

use super::look::Look;
use super::text::{clean, duration};
use crate::Kind;
use crate::manifest::{Item, Manifest, Site};

/// What stands in a box.
#[derive(Clone, Debug)]
pub(super) struct Caption {
    pub(super) look: Look,
    /// What it is, in capitals; colour and shape alone tell too few.
    pub(super) word: String,
    /// Its name, or its text.
    pub(super) name: String,
    pub(super) line: Option<u32>,
    /// What else is worth knowing, in a few words each.
    pub(super) notes: Vec<String>,
    /// All of it, unshortened.
    pub(super) full: String,
}

/// What code is in, which is what a `return` or a `?` in it ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Inside {
    Function,
    Branch,
    Closure,
}

impl Inside {
    const fn noun(self) -> &'static str {
        match self {
            Self::Function => "the function",
            Self::Branch => "this branch",
            Self::Closure => "this closure",
        }
    }

    /// What a `?` does here.
    pub(super) fn failure(self) -> String {
        format!("?: an error ends {} here", self.noun())
    }
}

impl Caption {
    fn new(look: Look, word: &str, name: &str, line: Option<u32>, notes: Vec<String>) -> Self {
        let (word, name) = (word.to_uppercase(), clean(name));
        let mut caption = Self {
            look,
            full: format!("{word} {name}").trim_end().to_owned(),
            word,
            name,
            line,
            notes,
        };
        for note in caption.notes.clone() {
            caption.add(&note);
        }
        let place = caption.place();
        if !place.is_empty() {
            caption.add(&place);
        }
        caption
    }

    /// Something that there is no room for in a box.
    fn add(&mut self, fact: &str) {
        self.full.push_str("; ");
        self.full.push_str(fact);
    }

    /// The line, where there is one.
    pub(super) fn place(&self) -> String {
        self.line
            .map_or_else(String::new, |line| format!("line {line}"))
    }

    pub(super) fn start() -> Self {
        Self::new(Look::Start, "start", "", None, Vec::new())
    }

    /// The end that is reached when nothing ends it before.
    pub(super) fn done() -> Self {
        Self::new(Look::End, "end", "returns", None, Vec::new())
    }

    pub(super) fn site(site: &Site) -> Self {
        let word = site.kind.name().replace('_', " ");
        let mut caption = Self::new(
            Look::of(site.kind),
            &word,
            &site.key,
            Some(site.line),
            notes(site),
        );
        if site.repeats {
            caption.add("repeats");
        }
        if !site.scope.is_empty() {
            caption.add(&format!("recorded in {}", clean(&site.scope.join(" > "))));
        }
        if let Some(waits) = &site.waits {
            caption.add(&format!("as written: {}", clean(waits)));
        }
        caption
    }

    pub(super) fn decision(head: &str, line: u32) -> Self {
        let (word, rest) = first_word(head, &["if", "match"]).unwrap_or(("decision", head));
        Self::new(Look::Decision, word, rest, Some(line), Vec::new())
    }

    pub(super) fn repeated(head: &str, line: u32) -> Self {
        let (name, notes) = match head {
            "loop" => ("", vec!["until something in it ends it".to_owned()]),
            head => (head, Vec::new()),
        };
        Self::new(Look::Loop, "loop", name, Some(line), notes)
    }

    pub(super) fn later(name: Option<&str>, line: u32) -> Self {
        let note = match name {
            Some(_) => "kept, and run where it is used",
            None => "run where it is used",
        };
        let name = name.unwrap_or_default();
        Self::new(
            Look::Later,
            "later",
            name,
            Some(line),
            vec![note.to_owned()],
        )
    }

    /// Where a `?` ends what it stands in.
    pub(super) fn failed(inside: Inside) -> Self {
        let notes = match inside {
            Inside::Function => Vec::new(),
            _ => vec![format!("ends {}", inside.noun())],
        };
        Self::new(Look::Fail, "error", "", None, notes)
    }

    /// Where the branches of a combinator meet.
    pub(super) fn met(kind: Kind) -> Self {
        let word = match kind {
            Kind::Race => "the first wins",
            _ => "all are done",
        };
        Self::new(Look::of(kind), word, "", None, Vec::new())
    }

    pub(super) fn end(how: &str, line: u32, inside: Inside) -> Self {
        let look = Look::of_end(how);
        let (word, note) = match (look, how) {
            (Look::Jump, "continue") => ("jump", "to the next round".to_owned()),
            (Look::Jump, _) => ("jump", "out of the loop".to_owned()),
            (Look::End, _) => ("end", format!("of {}", inside.noun())),
            _ => ("error", format!("ends {}", inside.noun())),
        };
        let notes = match (look, inside) {
            (Look::End | Look::Fail, Inside::Function) => Vec::new(),
            _ => vec![note],
        };
        Self::new(look, word, how, Some(line), notes)
    }
}

/// The word at the beginning, if it is one of these, and the rest.
fn first_word<'a>(text: &'a str, words: &[&'static str]) -> Option<(&'static str, &'a str)> {
    words.iter().find_map(|word| {
        let rest = text.strip_prefix(word)?.strip_prefix(' ')?;
        Some((*word, rest))
    })
}

fn notes(site: &Site) -> Vec<String> {
    let mut notes = Vec::new();
    if let Some(callee) = other_callee(site) {
        notes.push(format!("calls {callee}"));
    }
    let waits = site.waits.as_deref().map(|text| duration(&clean(text)));
    notes.extend(match (site.kind, waits) {
        (Kind::Sleep, Some(until)) if site.callee == "sleep_until" => {
            Some(format!("until {until}"))
        }
        (Kind::Sleep, Some(waits)) => Some(format!("for {waits}")),
        (Kind::WaitForCallback | Kind::CallbackResult, None) => {
            Some("until it is answered".to_owned())
        }
        (_, waits) => waits.map(|waits| format!("for at most {waits}")),
    });
    let nature = match site.kind {
        Kind::Join => "all at once; waits for every one",
        Kind::TryJoin => "all at once; the first error ends it",
        Kind::Race => "all at once; the first to finish wins",
        Kind::Map => "the same for each item, several at once",
        Kind::Parallel => "all of these, several at once",
        Kind::RetryBlock => "all of it again if it fails",
        Kind::Restart => "ends this one; a new one starts",
        _ => "",
    };
    if !nature.is_empty() {
        notes.push(nature.to_owned());
    }
    if site.keyed {
        notes.push("keyed".to_owned());
    }
    if site.flat {
        notes.push("flat".to_owned());
    }
    notes
}

/// What is called, where neither the key nor the kind says it.
fn other_callee(site: &Site) -> Option<String> {
    let callee = clean(&site.callee);
    let plain = callee.trim_end_matches('!');
    let key = site.key.rsplit_once('#').map_or(&*site.key, |(key, _)| key);
    let is_said = key == callee
        || key.strip_suffix(&*callee).is_some_and(|rest| rest.ends_with('.'))
        || plain == site.kind.name()
        // The way to the kind's name that says something of its own is said by the note about waiting.
        || (site.kind == Kind::Sleep && plain == "sleep_until")
        || (site.kind == Kind::Callback && plain == "create_callback")
        || (site.kind == Kind::CallbackResult && plain == "result")
        || (site.kind == Kind::Poll && plain == "poll_until");
    (!callee.is_empty() && !is_said).then_some(callee)
}

/// The words over a picture: what it is of, and where that stands.
pub(super) fn heading(manifest: &Manifest) -> (String, String) {
    let (word, name) = match &manifest.item {
        Item::Workflow { name, .. } => ("workflow", name.as_str()),
        Item::Helper { .. } => ("helper", manifest.function.as_str()),
        Item::Step => ("step", manifest.function.as_str()),
    };
    let place = format!("{}:{}", manifest.file, manifest.line);
    let place = match name == manifest.function {
        true => place,
        false => format!("fn {}, {place}", manifest.function),
    };
    (clean(&format!("{word} {name}")), clean(&place))
}
