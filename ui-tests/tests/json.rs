//! What JSON makes of the results that DW022 warns about, and of those that it lets pass.
#![allow(
    clippy::expect_used,
    reason = "a test fails by panicking, in its helpers too"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

use serde::Serialize;
use serde::de::DeserializeOwned;

/// What comes back of a value.
fn read_back<T: Serialize + DeserializeOwned>(value: &T) -> T {
    let json = serde_json::to_string(value).expect("it is written");
    serde_json::from_str(&json).expect("it is read")
}

fn map<K: Ord>(key: K) -> BTreeMap<K, u8> {
    BTreeMap::from([(key, 1)])
}

/// `key` can't be the key of a map.
#[track_caller]
fn is_refused<K: Ord + Serialize>(key: K) {
    let error = serde_json::to_string(&map(key)).expect_err("no such key can be written");
    assert_eq!(error.to_string(), "key must be a string");
}

#[track_caller]
fn comes_back<K: Ord + Serialize + DeserializeOwned + Debug>(key: K) {
    let written = map(key);
    assert_eq!(read_back(&written), written);
}

#[test]
fn two_ways_of_nothing_are_one() {
    assert_eq!(read_back(&Some(None::<u8>)), None);
    assert_eq!(read_back(&Some(Some(1))), Some(Some(1)));
    assert_eq!(read_back(&Some(Box::new(None::<u8>))), None);
    assert_eq!(read_back(&Some(())), None);
}

#[test]
fn a_key_that_is_no_single_value_is_refused() {
    is_refused((1, 2));
    is_refused((1,));
    is_refused(());
    is_refused([1, 2]);
    is_refused([0_u8; 0]);
    is_refused(&[1, 2][..]);
    is_refused(vec![1]);
    is_refused(Vec::<u8>::new());
    is_refused(BTreeSet::from([1]));
    is_refused(map(1));
    is_refused(Box::new((1, 2)));
}

#[test]
fn an_empty_map_has_no_key_to_refuse() {
    let empty = BTreeMap::<(u8, u8), u8>::new();
    assert_eq!(read_back(&empty), empty);
}

#[test]
fn an_optional_key_is_refused_where_it_is_none() {
    is_refused(None::<u8>);
    comes_back(Some("a".to_owned()));
    comes_back(Some(1));
}

#[test]
fn other_keys_come_back() {
    #[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, serde::Deserialize)]
    struct Sku(String);

    comes_back("a".to_owned());
    comes_back(-1_i64);
    comes_back(u128::MAX);
    comes_back(true);
    comes_back('a');
    comes_back(Box::new(1));
    comes_back(Sku("a".to_owned()));
}

#[test]
fn a_list_of_pairs_comes_back() {
    let pairs = vec![((1, 2), 3)];
    assert_eq!(read_back(&pairs), pairs);
}
