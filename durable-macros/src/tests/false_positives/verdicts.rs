//! Reads `verdicts.txt`.

use std::collections::{BTreeMap, BTreeSet};

use super::measure::Hit;

/// The verdicts on every crate.
pub(super) struct Verdicts {
    crates: BTreeMap<&'static str, Known>,
}

/// The verdicts on one crate.
pub(super) struct Known {
    /// The version that was read.
    pub(super) version: &'static str,
    right: BTreeSet<Hit>,
    wrong: BTreeSet<Hit>,
}

impl Verdicts {
    pub(super) fn crates(&self) -> Vec<&'static str> {
        self.crates.keys().copied().collect()
    }

    pub(super) fn of(&self, name: &str) -> &Known {
        &self.crates[name]
    }
}

impl Known {
    pub(super) fn keys(&self) -> BTreeSet<Hit> {
        self.right.union(&self.wrong).cloned().collect()
    }

    pub(super) fn is_false(&self, hit: &Hit) -> bool {
        self.wrong.contains(hit)
    }
}

/// Reads `[crate version]`, then lines `right RULE FILE: FUNCTION ..` and `false RULE FILE: FUNCTION .. - why`.
pub(super) fn read(text: &'static str) -> Verdicts {
    let mut crates = BTreeMap::new();
    let mut name = "";
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    for line in lines.filter(|line| !line.is_empty()) {
        if let Some(title) = line.strip_prefix('[') {
            let title = title.strip_suffix(']').and_then(|it| it.split_once(' '));
            let (krate, version) = title.expect("[crate version]");
            name = krate;
            let known = Known {
                version,
                right: BTreeSet::new(),
                wrong: BTreeSet::new(),
            };
            assert!(
                crates.insert(name, known).is_none(),
                "{name} stands there twice"
            );
            continue;
        }
        let known = crates.get_mut(name).expect("a crate stands above verdicts");
        let (what, functions) = line.split_once(": ").expect("verdict RULE FILE: FUNCTION");
        let what: Vec<_> = what.split(' ').collect();
        let [verdict, rule, file] = what[..] else {
            panic!("not `verdict RULE FILE`: {line}");
        };
        let (functions, verdicts) = match (verdict, functions.split_once(" - ")) {
            ("right", None) => (functions, &mut known.right),
            ("false", Some((functions, _why))) => (functions, &mut known.wrong),
            _ => panic!("neither `right` nor `false` with a reason: {line}"),
        };
        verdicts.extend(functions.split(' ').map(|function| Hit {
            rule: rule.to_owned(),
            file: file.to_owned(),
            function: function.to_owned(),
        }));
    }
    Verdicts { crates }
}
