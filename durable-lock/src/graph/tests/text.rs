use proptest::prelude::*;

use crate::graph::text::{abridge, cells, clean, duration, shorten, wrap};

#[test]
fn what_would_hide_or_reorder_is_replaced() {
    assert_eq!(clean("a\n   b\tc "), "a b c");
    assert_eq!(clean("\u{1b}[1m\u{202e}x\u{0}\u{ffff}"), "�[1m�x��");
    assert_eq!(clean("日本 🦀"), "日本 🦀");
}

#[test]
fn a_long_text_ends_in_an_ellipsis() {
    assert_eq!(shorten("charge", 6), "charge");
    assert_eq!(shorten("charge the card", 8), "charge…");
    assert_eq!(shorten("日本語", 5), "日本…");
    assert_eq!(shorten("charge", 0), "…");
}

#[test]
fn what_is_in_brackets_goes_first() {
    let race = "race!(answered => look(&inbox, &request.id), late => sleep(x))";
    assert_eq!(abridge(race, 80), race);
    assert_eq!(
        abridge(race, 50),
        "race!(answered => look(…), late => sleep(x))"
    );
    assert_eq!(abridge(race, 20), "race!(…)");
    assert_eq!(abridge(race, 5), "race…");
    assert_eq!(abridge(")](a(", 3), ")]…");
}

#[test]
fn lines_break_where_a_reader_would() {
    assert_eq!(wrap("one two", 10, 2), ["one two"]);
    assert_eq!(wrap("one two three", 10, 2), ["one two", "three"]);
    assert_eq!(
        wrap("Quote::Asks { question, .. }", 24, 2),
        ["Quote::Asks { question,", ".. }"]
    );
    assert_eq!(wrap("abcdefghijkl", 8, 2), ["abcdefgh", "ijkl"]);
    assert_eq!(
        wrap("one two three four five six", 10, 2),
        ["one two", "three fo…"]
    );
    assert_eq!(wrap("x", 10, 0), [""; 0]);
}

#[test]
fn a_duration_is_said_as_a_person_would() {
    for (written, said) in [
        ("Duration::from_hours(24)", "24 hours"),
        ("std::time::Duration::from_secs(1)", "1 second"),
        (
            "Duration::from_secs(order.wait_seconds)",
            "order.wait_seconds seconds",
        ),
        ("Duration::from_mins(f(2) + 1)", "(f(2) + 1) minutes"),
        (
            "Duration::from_secs(2) + Duration::from_secs(3)",
            "Duration::from_secs(2) + Duration::from_secs(3)",
        ),
        ("2 * Duration::from_secs(3)", "2 * Duration::from_secs(3)"),
        ("Duration::from_parsecs(3)", "Duration::from_parsecs(3)"),
        ("days(3)", "days(3)"),
    ] {
        assert_eq!(duration(written), said);
    }
}

proptest! {
    #[test]
    fn nothing_is_longer_than_it_may_be(text in any::<String>(), max in 1_usize..40, rows in 1_usize..4) {
        let text = clean(&text);
        prop_assert!(cells(&shorten(&text, max)) <= max);
        prop_assert!(cells(&abridge(&text, max)) <= max);
        let lines = wrap(&text, max, rows);
        prop_assert!(lines.len() <= rows);
        prop_assert!(lines.iter().all(|line| cells(line) <= max), "{lines:?}");
    }
}
