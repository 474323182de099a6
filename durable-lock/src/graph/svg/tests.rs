use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use proptest::prelude::*;
use roxmltree::Document;

use super::layout::{Anchor, Item, Picture, Rect, Words};
use super::parts::EXIT;
use super::{page, write};
use crate::graph::tests::trees::{SIGNS, large, manifests};
use crate::graph::text::clean;
use crate::manifest::{Manifest, sites};

impl Rect {
    fn overlaps(&self, other: &Self) -> bool {
        self.x < other.x + other.width
            && other.x < self.x + self.width
            && self.y < other.y + other.height
            && other.y < self.y + self.height
    }

    fn contains(&self, other: &Self) -> bool {
        self.x <= other.x
            && self.y <= other.y
            && other.x + other.width <= self.x + self.width
            && other.y + other.height <= self.y + self.height
    }
}

fn around(x: i32, y: i32, radius: i32) -> Rect {
    Rect {
        x: x - radius,
        y: y - radius,
        width: 2 * radius,
        height: 2 * radius,
    }
}

fn words(words: &Words) -> Rect {
    let width = words.font.width(&words.text);
    let x = match words.anchor {
        Anchor::Left => words.x,
        Anchor::Middle => words.x - width / 2,
        Anchor::Right => words.x - width,
    };
    Rect {
        x,
        y: words.y - words.font.size(),
        width,
        height: words.font.size() + 3,
    }
}

/// The boxes that hold no others, and those that do.
fn boxes(page: &Picture) -> (Vec<Rect>, Vec<Rect>) {
    let mut leaves = Vec::new();
    let mut frames = Vec::new();
    for item in &page.items {
        match item {
            Item::Leaf { rect, .. }
            | Item::Chip { rect, .. }
            | Item::Bar { rect, .. }
            | Item::Sample { rect, .. } => leaves.push(*rect),
            Item::Exit { x, y, .. } => leaves.push(around(*x, *y, EXIT)),
            Item::Frame { rect, .. } | Item::Lane { rect } => frames.push(*rect),
            Item::Dot { .. } | Item::Line { .. } | Item::Words(_) => {}
        }
    }
    (leaves, frames)
}

fn texts(page: &Picture) -> Vec<Rect> {
    let texts = page.items.iter().filter_map(|item| match item {
        Item::Words(found) if !found.text.is_empty() => Some(words(found)),
        _ => None,
    });
    texts.collect()
}

/// The first two of which one is on the other. From the top down, so that a thousand take no time.
fn on_each_other(rects: &[Rect]) -> Option<(Rect, Rect)> {
    let mut rects = rects.to_vec();
    rects.sort_by_key(|rect| rect.y);
    rects.iter().enumerate().find_map(|(number, rect)| {
        let near = rects[number + 1..]
            .iter()
            .take_while(|other| other.y < rect.y + rect.height);
        near.into_iter()
            .find(|other| rect.overlaps(other))
            .map(|other| (*rect, *other))
    })
}

#[track_caller]
fn is_well_laid_out(manifest: &Manifest) {
    let page = page(manifest);
    let whole = Rect {
        x: 0,
        y: 0,
        width: page.width,
        height: page.height,
    };
    let (leaves, frames) = boxes(&page);
    let texts = texts(&page);
    for rect in leaves.iter().chain(&frames).chain(&texts) {
        assert!(whole.contains(rect), "{rect:?} is outside of {whole:?}");
    }
    for item in &page.items {
        if let Item::Line { points, .. } = item {
            for (x, y) in points {
                assert!(whole.contains(&around(*x, *y, 0)), "{item:?} is outside");
            }
        }
    }
    assert_eq!(on_each_other(&leaves), None, "boxes are on each other");
    assert_eq!(on_each_other(&texts), None, "texts are on each other");
    for (number, frame) in frames.iter().enumerate() {
        for other in leaves.iter().chain(&frames[number + 1..]) {
            assert!(
                frame.contains(other) || other.contains(frame) || !frame.overlaps(other),
                "{other:?} is half in {frame:?}"
            );
        }
    }
}

#[track_caller]
fn says_everything(manifest: &Manifest) {
    let text = write(manifest);
    let document = Document::parse(&text).unwrap();
    let root = document.root_element();
    assert_eq!(
        root.tag_name().namespace(),
        Some("http://www.w3.org/2000/svg")
    );
    let said: BTreeSet<_> = document
        .descendants()
        .filter(|node| node.has_tag_name(("http://www.w3.org/2000/svg", "title")))
        .filter_map(|node| node.text())
        .map(clean)
        .collect();
    for site in sites(manifest.body()) {
        let key = clean(&site.key);
        assert!(
            said.iter().any(|text| text.contains(&key)),
            "{key:?} is nowhere"
        );
    }
    for node in document.descendants().filter(|node| node.is_element()) {
        assert!(
            ["svg", "title", "rect", "path", "circle", "text"].contains(&node.tag_name().name()),
            "{node:?} may not be self-contained"
        );
        for attribute in node.attributes() {
            assert!(!attribute.value().contains("url("), "{attribute:?}");
            assert!(!attribute.name().starts_with("on"), "{attribute:?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn nothing_is_on_anything_else(manifest in manifests()) {
        is_well_laid_out(&manifest);
    }

    #[test]
    fn every_operation_is_in_well_formed_xml(manifest in manifests()) {
        says_everything(&manifest);
        prop_assert_eq!(write(&manifest), write(&manifest));
    }
}

#[test]
fn a_large_workflow_is_drawn_at_once() {
    let manifest = large();
    assert_eq!(sites(manifest.body()).len(), 1000);
    let start = Instant::now();
    let text = write(&manifest);
    let took = start.elapsed();
    // In a debug build, on a busy machine.
    assert!(took < Duration::from_secs(3), "it took {took:?}");
    assert!(Document::parse(&text).is_ok());
    is_well_laid_out(&manifest);
}

#[test]
fn signs_of_xml_stay_what_they_are() {
    let mut manifest = large();
    SIGNS.clone_into(&mut manifest.file);
    let text = write(&manifest);
    let document = Document::parse(&text).unwrap();
    let title = document.root_element().first_element_child().unwrap();
    let expected = clean(&format!("workflow large, {SIGNS}:1"));
    assert_eq!(title.text().map(clean), Some(expected));
}

#[test]
fn the_page_has_a_ground_of_its_own() {
    let text = write(&large());
    let document = Document::parse(&text).unwrap();
    let root = document.root_element();
    let ground = root
        .children()
        .find(|node| node.has_tag_name(("http://www.w3.org/2000/svg", "rect")))
        .unwrap();
    let size = |name| root.attribute(name).unwrap().parse::<i32>().unwrap();
    let covered = |name| ground.attribute(name).unwrap().parse::<i32>().unwrap() + 1;
    assert_eq!(covered("width"), size("width"));
    assert_eq!(covered("height"), size("height"));
    assert_eq!(ground.attribute("fill"), Some("#ffffff"));
    let view_box = format!("0 0 {} {}", size("width"), size("height"));
    assert_eq!(root.attribute("viewBox"), Some(view_box.as_str()));
}
