//! Runs the rules over the async functions of a crate.

use std::collections::BTreeSet;
use std::fmt;

use syn::File;

use super::corpus::{self, Candidate};
use super::sources::{self, Source};
use crate::diag::Errors;
use crate::rules;
use crate::rules::names::Names;
use crate::rules::source;

/// What a rule has reported: where, and which. Lines change with every version, so they are no part of it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Hit {
    pub(super) rule: String,
    pub(super) file: String,
    pub(super) function: String,
}

/// As it stands in `verdicts.txt`, behind the verdict.
impl fmt::Display for Hit {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(to, "{} {}: {}", self.rule, self.file, self.function)
    }
}

/// What was found in one crate.
pub(super) struct Measured {
    pub(super) name: &'static str,
    pub(super) version: String,
    /// How many async functions with a body there are.
    pub(super) functions: usize,
    /// One for each report, where the file is read as the macro reads it.
    pub(super) hits: Vec<Hit>,
    /// The same where the file can't be read, as in an editor.
    pub(super) unread: Vec<Hit>,
}

impl Measured {
    pub(super) fn keys(&self) -> BTreeSet<Hit> {
        self.hits.iter().chain(&self.unread).cloned().collect()
    }
}

/// Looks at the library, its tests, examples and benchmarks.
pub(super) fn measure(source: &Source) -> Measured {
    let mut found = Measured {
        name: source.name,
        version: source.version.clone(),
        functions: 0,
        hits: Vec::new(),
        unread: Vec::new(),
    };
    for path in sources::files(&source.root) {
        let text = std::fs::read_to_string(&path).expect("the source can be read");
        if !text.contains("async fn") {
            continue;
        }
        let file = syn::parse_file(&text);
        let file = file.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let below = path.strip_prefix(&source.root).expect("it stands in there");
        let names: Vec<_> = below.iter().map(|name| name.to_string_lossy()).collect();
        found.file(&names.join("/"), &corpus::flat(&file));
    }
    found
}

impl Measured {
    fn file(&mut self, path: &str, file: &File) {
        let around = source::functions(file);
        for candidate in corpus::candidates(file) {
            self.functions += 1;
            let names = source::pick(&around, &candidate.sig);
            self.hits.extend(reports(path, &candidate, names));
            let reported = reports(path, &candidate, Names::unread());
            self.unread.extend(reported);
        }
    }
}

fn reports(path: &str, candidate: &Candidate, names: Names) -> Vec<Hit> {
    let mut errors = Errors::new();
    let mut block = candidate.block.clone();
    rules::check(
        &mut Vec::new(),
        &candidate.sig,
        &mut block,
        names,
        &mut errors,
    );
    let errors = crate::tests::Expansion::new(errors.into_compile_errors()).errors;
    let rules = errors.iter().map(|error| {
        let (first, _) = error.split_once('\n').expect("a message has a help");
        let (_, rule) = first.rsplit_once('[').expect("a message has an id");
        rule.trim_end_matches(']').to_owned()
    });
    rules
        .map(|rule| Hit {
            rule,
            file: path.to_owned(),
            function: candidate.path.clone(),
        })
        .collect()
}
