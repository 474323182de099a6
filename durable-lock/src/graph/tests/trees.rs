//! Workflows of any form, with any text in them, and large ones.

use proptest::prelude::*;
use proptest::sample::select;

use super::fixtures::{arm, combinator, decision, plain_step, repeated, step, workflow};
use crate::Kind;
use crate::manifest::{Arm, Manifest, Node, Site};

/// Signs that mean something to one of the formats, and such as no font is sure to have.
pub(in crate::graph) const SIGNS: &str = "<a href=\"x\">&amp; #35; \\N \\\" `b` ]]> --> {c} |d| [e] (f) %%{g}%% ;h:::i $j$ *k* _l_ ~m~ 'n'\n\ttab \u{0} \u{1b}[1m \u{202e}olleh 日本語 🦀 e\u{301} \u{ffff}";

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[a-z][a-z_.]{0,14}(#[2-9])?",
        2 => "\\PC{0,90}",
        1 => any::<String>(),
        1 => Just(SIGNS.to_owned()),
    ]
}

fn site(parts: (Kind, String, String, Option<String>, [bool; 3], u32)) -> Site {
    let (kind, key, callee, waits, [can_end, keyed, flat], line) = parts;
    Site {
        key,
        kind,
        callee,
        line,
        waits,
        can_end,
        keyed,
        flat,
        ..Site::default()
    }
}

fn sites() -> impl Strategy<Value = Site> {
    let waits = proptest::option::of(text());
    let facts = (
        select(Kind::ALL),
        text(),
        text(),
        waits,
        any::<[bool; 3]>(),
        any::<u32>(),
    );
    facts.prop_map(site)
}

fn nodes() -> impl Strategy<Value = Vec<Node>> {
    let how = select(&["return", "bail!", "break", "continue"][..]);
    let leaf = prop_oneof![
        4 => sites().prop_map(Node::Site),
        1 => (how, any::<u32>()).prop_map(|(how, line)| Node::End { how: how.to_owned(), line }),
    ];
    let node =
        leaf.prop_recursive(6, 60, 4, |inner| {
            let body = prop::collection::vec(inner, 0..4).boxed();
            let arms = (text(), body.clone()).prop_map(|(label, body)| Arm { label, body });
            let arms = prop::collection::vec(arms, 0..4).boxed();
            prop_oneof![
                (text(), any::<u32>(), arms.clone())
                    .prop_map(|(head, line, arms)| Node::Decision { head, line, arms }),
                (text(), any::<u32>(), body.clone()).prop_map(|(head, line, body)| Node::Loop {
                    head,
                    line,
                    body
                }),
                (proptest::option::of(text()), any::<u32>(), body.clone())
                    .prop_map(|(name, line, body)| Node::Later { name, line, body }),
                (sites(), arms, body).prop_map(|(site, branches, body)| Node::Site(Site {
                    branches,
                    body,
                    ..site
                })),
            ]
        });
    prop::collection::vec(node, 0..5)
}

pub(in crate::graph) fn manifests() -> impl Strategy<Value = Manifest> {
    (text(), text(), any::<u32>(), nodes())
        .prop_map(|(name, file, line, body)| workflow(&name, &file, line, body))
}

/// A thousand operations, a part of which are fifty deep.
pub(in crate::graph) fn large() -> Manifest {
    let mut inner = vec![step("deepest", 1)];
    for depth in 0..50 {
        let line = depth + 2;
        inner.push(step("beside", line));
        inner = match depth % 5 {
            0 => vec![repeated("for item in &items", line, inner)],
            1 => vec![decision(
                "match state",
                line,
                vec![arm("Busy", inner), arm("Free", vec![])],
            )],
            2 => vec![Node::Site(Site {
                body: inner,
                ..super::fixtures::site(Kind::Map, "each", line)
            })],
            3 => vec![Node::Site(combinator(
                Kind::Join,
                line,
                vec![arm("left", inner), arm("right", vec![plain_step("b", 1)])],
            ))],
            _ => vec![Node::Site(Site {
                body: inner,
                ..super::fixtures::site(Kind::Child, "child", line)
            })],
        };
    }
    let found = crate::manifest::sites(&inner).len();
    inner.extend((found..1000).map(|number| step(&format!("step_{number}"), 100)));
    workflow("large", "src/large.rs", 1, inner)
}
