//! The texts for Mermaid and Graphviz.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::fixtures::{approval, everything, fulfil, nightly_report};
use super::trees::{SIGNS, large, manifests};
use crate::graph::flow::{Flow, Member};
use crate::graph::text::clean;
use crate::graph::{Format, dot, mermaid, render};
use crate::manifest::{Item, Manifest, sites};

#[test]
fn a_race_as_a_mermaid_flowchart() {
    assert_eq!(
        render(&approval(), Format::Mermaid),
        include_str!("approval.mmd")
    );
}

#[test]
fn a_loop_as_a_digraph() {
    assert_eq!(
        render(&nightly_report(), Format::Dot),
        include_str!("nightly_report.dot")
    );
}

#[test]
fn what_has_no_body_starts_and_ends() {
    let step = Manifest {
        item: Item::Step,
        ..fulfil()
    };
    let text = render(&step, Format::Mermaid);
    assert!(text.contains("start --> done"), "{text}");
    assert!(text.contains("step fulfil"), "{text}");
}

#[test]
fn where_it_ends_is_in_every_format() {
    for format in [Format::Mermaid, Format::Dot, Format::Svg] {
        let text = render(&everything(), format);
        for word in ["return", "bail!", "RESTART", "ERROR", "break", "?"] {
            assert!(text.contains(word), "{format:?} has no {word}");
        }
    }
}

#[test]
fn what_waits_says_how_long_in_every_format() {
    for format in [Format::Mermaid, Format::Dot, Format::Svg] {
        let text = render(&everything(), format);
        for words in [
            "for 3 days",
            "for at most 7 days",
            "for at most 15 minutes",
            "until it is answered",
        ] {
            assert!(text.contains(words), "{format:?} has no `{words}`");
        }
    }
}

#[test]
fn a_large_workflow_is_written_at_once() {
    let manifest = large();
    for format in [Format::Mermaid, Format::Dot] {
        let start = Instant::now();
        let text = render(&manifest, format);
        let took = start.elapsed();
        assert!(took < Duration::from_secs(3), "{format:?} took {took:?}");
        assert!(text.contains("step_999"));
    }
}

#[test]
fn a_break_leaves_its_loop_and_a_continue_begins_it_anew() {
    use super::fixtures::{arm, decision, end, repeated, step, workflow};
    let arms = vec![
        arm("Done", vec![end("break", 3)]),
        arm("Wait", vec![end("continue", 4)]),
    ];
    let body = vec![
        repeated(
            "loop",
            1,
            vec![step("look", 2), decision("match seen", 2, arms)],
        ),
        step("ship", 6),
    ];
    let text = render(&workflow("w", "w.rs", 1, body), Format::Mermaid);
    assert!(text.contains("exit --> s_ship"), "{text}");
    assert!(text.contains("exit_2 ==> loop"), "{text}");
    assert!(!text.contains("loop --> s_ship"), "{text}");
}

/// What a reader of it knows about every vertex: its id and all of its text.
fn vertices(members: &[Member]) -> Vec<(&str, &str)> {
    members
        .iter()
        .flat_map(|member| match member {
            Member::Vertex(vertex) => vec![(&*vertex.id, &*vertex.caption.full)],
            Member::Group(group) => vertices(&group.members),
        })
        .collect()
}

/// A label as Mermaid reads it.
fn read_mermaid(mut text: &str) -> String {
    let mut out = String::new();
    while let Some((plain, rest)) = text.split_once('#') {
        let (number, rest) = rest.split_once(';').expect("each # begins a number");
        out.push_str(plain);
        out.push(char::from_u32(number.parse().unwrap()).unwrap());
        text = rest;
    }
    out + text
}

/// A string as Graphviz reads it.
fn read_dot(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        assert_ne!(c, '"', "the string ends early");
        match c {
            '\\' => out.push(rest.next().expect("a sign is behind it")),
            c => out.push(c),
        }
    }
    out.replace("&amp;", "&")
}

#[test]
fn signs_stay_what_they_are() {
    let signs = clean(SIGNS);
    assert_eq!(read_mermaid(&mermaid::escape(&signs)), signs);
    assert_eq!(read_dot(&dot::escape(&signs)), signs);
    assert_eq!(mermaid::escape("print_label(_x)"), "print_label(#95;x)");
}

proptest! {
    #[test]
    fn every_text_is_read_as_it_was(text in any::<String>()) {
        let text = clean(&text);
        let escaped = mermaid::escape(&text);
        prop_assert!(!escaped.contains(['"', '<', '>', '&', '`', '\\', '%', ':']));
        prop_assert_eq!(read_mermaid(&escaped), text.clone());
        prop_assert_eq!(read_dot(&dot::escape(&text)), text);
    }

    #[test]
    fn every_operation_is_a_vertex(manifest in manifests()) {
        let flow = Flow::of(&manifest);
        let vertices = vertices(&flow.members);
        let ids: BTreeSet<_> = vertices.iter().map(|(id, _)| *id).collect();
        prop_assert_eq!(ids.len(), vertices.len(), "an id is there twice");
        for edge in &flow.edges {
            prop_assert!(ids.contains(&*edge.from) && ids.contains(&*edge.to), "{edge:?}");
        }
        for site in sites(manifest.body()) {
            let key = clean(&site.key);
            prop_assert!(vertices.iter().any(|(_, text)| text.contains(&key)), "{key:?} is nowhere");
        }
    }

    #[test]
    fn the_same_manifest_gives_the_same_text(manifest in manifests()) {
        for format in [Format::Mermaid, Format::Dot] {
            prop_assert_eq!(render(&manifest, format), render(&manifest, format));
        }
    }
}
