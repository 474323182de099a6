use proptest::prelude::*;

use super::*;

fn line(key: &str, more: &str) -> String {
    format!(
        "{{\"workflow\":\"fulfil\",\"key\":\"{key}\",\"kind\":\"step\",\"callee\":\"{key}\",{more}\"since\":1}}"
    )
}

fn file(lines: &[&str]) -> String {
    let mut text = "{\"durable.lock\":1}\n".to_owned();
    for line in lines {
        text.push_str(line);
        text.push('\n');
    }
    text
}

#[test]
fn an_empty_file_locks_nothing() {
    assert_eq!(Lock::parse(""), Ok(Lock::default()));
    assert_eq!(
        Lock::parse("\u{feff}{\"durable.lock\":1}\r\n"),
        Ok(Lock::default())
    );
}

#[test]
fn a_line_is_one_operation() {
    let text = file(&[
        &line("charge", ""),
        &line("ship", "\"scope\":\"try_join.ship\",\"keyed\":true,"),
    ]);
    let lock = Lock::parse(&text).unwrap();
    assert_eq!(
        lock.to_text(),
        "{\"durable.lock\":1}\n\
        {\"workflow\":\"fulfil\",\"key\":\"charge\",\"kind\":\"step\",\"callee\":\"charge\",\"since\":1}\n\
        {\"workflow\":\"fulfil\",\"key\":\"ship\",\"kind\":\"step\",\"callee\":\"ship\",\"scope\":\"try_join.ship\",\"keyed\":true,\"since\":1}\n"
    );
    assert_eq!(lock.revision(), 1);
}

#[test]
fn lines_may_come_in_any_order_and_twice() {
    // What `git merge` does with both sides kept.
    let text = file(&[
        &line("ship", ""),
        "{\"durable.lock\":1}",
        &line("charge", ""),
        &line("ship", "").replace("\"since\":1", "\"since\":4"),
    ]);
    let lock = Lock::parse(&text).unwrap();
    assert_eq!(
        lock.to_text(),
        file(&[&line("charge", ""), &line("ship", "")])
    );
}

#[test]
fn what_is_wrong_is_named_with_its_line_and_rule() {
    let cases = [
        ("DW106", "charge = 1\n".to_owned(), "line 1"),
        ("DW106", file(&["{\"workflow\":\"fulfil\"}"]), "line 2"),
        (
            "DW106",
            file(&[&line("charge", "\"colour\":\"red\",")]),
            "unknown field `colour`",
        ),
        (
            "DW106",
            file(&[&line("charge", "").replace("step", "stepp")]),
            "unknown variant `stepp`",
        ),
        ("DW106", "{\"durable.lock\":0}\n".to_owned(), "version 0"),
        ("DW106", "{\"durable.lock\":-1}\n".to_owned(), "line 1"),
        (
            "DW107",
            "{\"durable.lock\":2}\n{\"other\":1}".to_owned(),
            "version 2",
        ),
        (
            "DW107",
            "{\"durable.lock\":18446744073709551615}\n".to_owned(),
            "version 18446744073709551615",
        ),
        (
            "DW107",
            file(&[&line("charge", ""), "{\"durable.lock\":3}"]),
            "version 3",
        ),
        (
            "DW108",
            file(&[
                "<<<<<<< ours",
                &line("charge", ""),
                "=======",
                ">>>>>>> theirs",
            ]),
            "line 2",
        ),
        ("DW108", "<<<<<<< ours\n".to_owned(), "line 1"),
        (
            "DW108",
            file(&[&line("charge", ""), &line("charge", "\"retired\":2,")]),
            "than line 2",
        ),
        (
            "DW109",
            file(&[&line("charge", "\"as\":\"ship\","), &line("ship", "")]),
            "`fulfil/ship`",
        ),
        (
            "DW109",
            file(&[&line("a", "\"as\":\"c\","), &line("b", "\"as\":\"c\",")]),
            "both be `c`",
        ),
        (
            "DW109",
            file(&[&line("charge", "\"as\":\"bill\",\"retired\":2,")]),
            "retired",
        ),
    ];
    for (rule, text, told) in cases {
        let error = Lock::parse(&text).expect_err(&text);
        assert_eq!(error.rule(), rule, "{text}");
        assert!(error.to_string().contains(told), "{error}");
        assert!(!error.help().is_empty());
    }
}

#[test]
fn two_operations_may_trade_names() {
    let text = file(&[&line("a", "\"as\":\"b\","), &line("b", "\"as\":\"a\",")]);
    assert!(Lock::parse(&text).is_ok());
}

#[test]
fn the_revision_is_the_last_that_changed_anything() {
    assert_eq!(Lock::default().revision(), 0);
    let later = line("ship", "").replace("\"since\":1", "\"since\":3");
    let lock = Lock::parse(&file(&[&line("charge", "\"retired\":5,"), &later])).unwrap();
    assert_eq!(lock.revision(), 5);
    assert_eq!(Lock::parse(&file(&[&later])).unwrap().revision(), 3);
}

#[test]
fn one_workflow_is_forgotten_and_the_others_stay() {
    let aliased = line("charge", "\"as\":\"bill\",");
    let other = aliased.replace("fulfil", "refund");
    let mut lock = Lock::parse(&file(&[&aliased, &other])).unwrap();
    assert!(lock.forget("fulfil"));
    assert_eq!(lock, Lock::parse(&file(&[&other])).unwrap());
    assert_eq!(lock.identity("fulfil", "bill"), "bill");
    assert_eq!(lock.identity("refund", "bill"), "charge");
    assert!(!lock.forget("fulfil"), "there is nothing left of it");
}

fn entries() -> impl Strategy<Value = Entry> {
    const NAMES: &[&str] = &["charge", "ship", "sleep#2", "client.get"];
    let name = prop::sample::select(NAMES);
    (
        name.clone(),
        name,
        prop::sample::select(Kind::ALL),
        any::<bool>(),
        any::<bool>(),
        1u32..,
        prop::option::of(1u32..),
        "[ -~]{0,12}",
    )
        .prop_map(
            |(workflow, key, kind, keyed, flat, since, retired, scope)| Entry {
                workflow: workflow.into(),
                key: key.into(),
                kind,
                callee: key.into(),
                scope,
                keyed,
                flat,
                mixed: false,
                alias: None,
                since,
                retired,
            },
        )
}

proptest! {
    #[test]
    fn what_is_written_is_read_again(all in prop::collection::vec(entries(), 0..8)) {
        let mut lock = Lock::default();
        for entry in all {
            lock.insert(entry);
        }
        prop_assert_eq!(Lock::parse(&lock.to_text()), Ok(lock));
    }

    #[test]
    fn nonsense_is_an_error_and_no_panic(text in "[ -~\\n\\PC]{0,200}") {
        let _ = Lock::parse(&text);
        let _ = Lock::parse(&format!("{{\"durable.lock\":1}}\n{text}"));
    }
}

#[test]
fn every_kind_has_the_name_that_a_line_has() {
    for kind in Kind::ALL {
        assert_eq!(
            serde_json::to_string(kind).unwrap(),
            format!("\"{}\"", kind.name())
        );
        assert_eq!(Kind::named(kind.name()), Some(*kind));
    }
}
