//! Results that don't come back as they were (DW022), in steps and in workflows.

use syn::{File, Item};

use super::{Expansion, in_file, step, tokens, workflow};
use crate::expand;
use crate::rules::source::{functions, pick};
use crate::surroundings::Surroundings;

/// The items that an expansion warns with.
fn warnings(expansion: &Expansion) -> Vec<String> {
    let text = expansion.text();
    let calls = text.split("::durable_runtime::warning::").skip(1);
    calls
        .map(|call| call.split('(').next().unwrap_or_default().to_owned())
        .collect()
}

/// The warnings about a function that returns `output` in a file that begins with `head`; a workflow and a step have the same.
#[track_caller]
fn lost_under(head: &str, output: &str) -> Vec<String> {
    let text = format!("{head}\nasync fn w() -> {output} {{ make() }}");
    let file = syn::parse_str::<File>(&text).expect("the test's text is a file");
    let sources = file.items.iter().filter_map(|item| match item {
        Item::Fn(found) if found.sig.ident == "w" => Some(quote::quote!(#found)),
        _ => None,
    });
    let step = expand::step::expand_within(
        tokens(""),
        sources.collect(),
        |sig| pick(&functions(&file), sig),
        &Surroundings::default(),
    );
    let found = warnings(&Expansion::new(step));
    assert_eq!(warnings(&in_file(&text)), found, "the workflow's");
    found
}

#[track_caller]
fn lost(output: &str) -> Vec<String> {
    lost_under(
        "use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque}; use indexmap::IndexMap; use std::sync::Arc;
         use durable_runtime::prelude::*;",
        output,
    )
}

#[test]
fn an_option_in_an_option_is_lost_wherever_it_stands() {
    for output in [
        "Option<Option<u8>>",
        "Result<Option<Option<u8>>>",
        "Result<u8, Option<Option<u8>>>",
        "Result<Vec<Option<Option<u8>>>, Failure>",
        "(u8, [Option<Option<u8>>; 3])",
        "HashMap<String, Option<Option<u8>>>",
        "Option<Box<Option<u8>>>",
        "Arc<(Option<(Option<u8>)>,)>",
        "std::option::Option<core::option::Option<u8>>",
        "anyhow::Result<Option<Option<u8>>>",
        "crate::Result<Option<Option<u8>>>",
    ] {
        assert_eq!(lost(output), ["nested_option"], "{output}");
    }
    assert_eq!(
        lost("Option<Option<Option<u8>>>"),
        ["nested_option", "nested_option"]
    );
}

#[test]
fn an_optional_nothing_is_lost() {
    assert_eq!(lost("Result<Option<()>>"), ["optional_unit"]);
}

#[test]
fn a_key_that_is_no_single_value_can_not_be_written() {
    for key in [
        "(u8, u8)",
        "(String,)",
        "()",
        "[u8; 4]",
        "Vec<u8>",
        "Box<[u8]>",
        "Box<(u8, u8)>",
        "BTreeSet<u8>",
        "VecDeque<u8>",
        "BTreeMap<u8, u8>",
    ] {
        for map in [
            "BTreeMap",
            "HashMap",
            "IndexMap",
            "std::collections::HashMap",
            "std::collections::btree_map::BTreeMap",
            "indexmap::IndexMap",
        ] {
            let output = format!("Result<Vec<{map}<{key}, u8>>>");
            assert_eq!(lost(&output), ["map_key"], "{output}");
        }
    }
    assert_eq!(lost("HashMap<Option<String>, u8>"), ["optional_map_key"]);
    assert_eq!(
        lost("HashMap<u8, HashMap<(u8, u8), Option<Option<u8>>>, Hasher>"),
        ["map_key", "nested_option"]
    );
}

#[test]
fn what_comes_back_is_silent() {
    for output in [
        "()",
        "Result<()>",
        "Option<u8>",
        "Option<Vec<Option<u8>>>",
        "Option<(Option<u8>,)>",
        "Option<Result<Option<u8>, Failure>>",
        "HashMap<String, u8>",
        "BTreeMap<u64, Vec<(u8, u8)>>",
        "HashMap<Sku, Option<u8>>",
        "HashMap<Box<str>, u8>",
        "HashSet<(u8, u8)>",
        "Vec<((u8, u8), u8)>",
        "Page<Option<Option<u8>>>",
        "Option<Page<Option<u8>>>",
        "HashMap<Pair<u8, u8>, u8>",
        "T::Output<(u8, u8)>",
        "<T as Trait>::Map<(u8, u8)>",
        "fn(HashMap<(u8, u8), u8>)",
    ] {
        assert!(lost(output).is_empty(), "{output}");
    }
    assert!(warnings(&step("", "async fn w() {}")).is_empty());
}

#[test]
fn a_renamed_import_is_what_it_was() {
    let head = "use std::collections::HashMap as Map; use std::option::Option as Maybe; use std::collections as c; use std::vec::Vec as List;";
    assert_eq!(lost_under(head, "Map<(u8, u8), u8>"), ["map_key"]);
    assert_eq!(lost_under(head, "Map<List<u8>, u8>"), ["map_key"]);
    assert_eq!(
        lost_under(head, "List<Maybe<Maybe<u8>>>"),
        ["nested_option"]
    );
    assert_eq!(lost_under(head, "Maybe<Option<u8>>"), ["nested_option"]);
    assert_eq!(lost_under(head, "c::BTreeMap<(), u8>"), ["map_key"]);
    let glob = "use std::collections::*;";
    assert_eq!(lost_under(glob, "HashMap<(u8, u8), u8>"), ["map_key"]);
}

#[test]
fn a_type_of_the_users_own_that_sounds_alike_is_silent() {
    for head in [
        "struct HashMap<K, V>(Vec<(K, V)>); enum Option<T> { Some(T), None }",
        "type HashMap<K, V> = Vec<(K, V)>; type Option<T> = Page<T>;",
        "use crate::maps::HashMap; use crate::maps::Option;",
        "use litemap::LiteMap as HashMap; use maybe::Option;",
        "mod maps {} use maps::{HashMap, Option};",
    ] {
        assert!(
            lost_under(head, "HashMap<(u8, u8), u8>").is_empty(),
            "{head}"
        );
        assert!(lost_under(head, "Option<Option<u8>>").is_empty(), "{head}");
    }
    assert!(lost("crate::HashMap<(u8, u8), u8>").is_empty());
    assert!(lost("maps::HashMap<(u8, u8), u8>").is_empty());
}

#[test]
fn names_that_nobody_can_read_are_what_they_are_called() {
    let method = step(
        "",
        "async fn f(&self) -> Result<HashMap<(u8, u8), Option<Option<u8>>>> { make() }",
    );
    assert_eq!(warnings(&method), ["map_key", "nested_option"]);
    let unread = workflow("async fn w() -> Result<Map<(u8, u8), Maybe<Maybe<u8>>>> { make() }");
    assert!(warnings(&unread).is_empty());
}

#[test]
fn the_file_is_read_for_a_type_that_may_lose_something() {
    let reads = |output: &str| {
        let mut asked = false;
        let item = tokens(&format!("async fn w() -> {output} {{ make() }}"));
        let names = |_: &_| {
            asked = true;
            crate::rules::names::Names::unread()
        };
        expand::step::expand_within(tokens(""), item, names, &Surroundings::default());
        asked
    };
    for output in [
        "Result<Vec<Option<u8>>>",
        "Result<HashMap<String, Vec<u8>>>",
        "Option<Vec<(u8, u8)>>",
        "Page<Receipt>",
    ] {
        assert!(!reads(output), "{output}");
    }
    assert!(reads("Maybe<Maybe<u8>>"));
    assert!(reads("Map<(u8, u8), u8>"));
}
