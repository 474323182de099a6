use std::collections::BTreeSet;

use crate::Kind;
use crate::graph::look::Look;

/// The relative luminance of `#rrggbb`, as WCAG has it.
fn luminance(colour: &str) -> f64 {
    let part = |at: usize| {
        let part = u8::from_str_radix(&colour[at..at + 2], 16).unwrap();
        let part = f64::from(part) / 255.0;
        match part <= 0.04045 {
            true => part / 12.92,
            false => ((part + 0.055) / 1.055).powf(2.4),
        }
    };
    0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5)
}

#[test]
fn every_text_stands_out_from_its_paper() {
    for look in Look::ALL {
        let style = look.style();
        let (dark, light) = (luminance(style.ink), luminance(style.paper));
        let contrast = (light + 0.05) / (dark + 0.05);
        assert!(contrast >= 4.5, "{look:?} has a contrast of {contrast:.1}");
    }
}

#[test]
fn no_two_look_the_same() {
    let styles: BTreeSet<_> = Look::ALL
        .iter()
        .map(|look| format!("{:?}", look.style()))
        .collect();
    assert_eq!(styles.len(), Look::ALL.len());
}

#[test]
fn what_differs_in_nature_differs_in_shape() {
    let shape = |kind| format!("{:?}", Look::of(kind).style().shape);
    let kinds = [
        Kind::Step,
        Kind::Sleep,
        Kind::WaitForCallback,
        Kind::Invoke,
        Kind::Child,
        Kind::Map,
        Kind::Race,
    ];
    let shapes: BTreeSet<_> = kinds.into_iter().map(shape).collect();
    assert_eq!(shapes.len(), kinds.len());
}
