//! [`path_to`]: where in a document its reader stopped.
//!
//! From the line and the column of the reader's error. A reader that keeps track of the path would be a second copy of that of every type that a workflow
//! records: a tenth of our part of a bootstrap binary, and run by no workflow that works.

/// The members and indices that lead to what can't be read, as `orders[2].card`. Empty where that is the document itself.
pub(crate) fn path_to(error: &serde_json::Error, json: &str) -> String {
    let lines = json.split_inclusive('\n');
    let before = lines.take(error.line().saturating_sub(1));
    let read = before.map(str::len).sum::<usize>() + error.column();
    let mut levels = levels(json, read);
    // An error of the grammar counts the byte that it is about, and so a list that stands where there should be none.
    let last = read
        .checked_sub(1)
        .and_then(|last| json.as_bytes().get(last));
    if !error.is_data() && last == Some(&b'[') {
        levels.pop();
    }
    let mut path = String::new();
    for level in levels {
        match level {
            Level::Member(Some(name)) => {
                if !path.is_empty() {
                    path.push('.');
                }
                path.push_str(name);
            }
            Level::Member(None) => {}
            Level::Index(index) => path.push_str(&format!("[{index}]")),
        }
    }
    path
}

/// An object or an array that is being read.
enum Level<'a> {
    /// An object's, as it is written; `None` between two of them.
    Member(Option<&'a str>),
    /// An array's.
    Index(usize),
}

/// What is open after so many bytes.
fn levels(json: &str, read: usize) -> Vec<Level<'_>> {
    let mut levels = Vec::new();
    let mut bytes = json.bytes().enumerate().take(read);
    while let Some((place, byte)) = bytes.next() {
        match byte {
            b'{' => levels.push(Level::Member(None)),
            b'[' => levels.push(Level::Index(0)),
            b'}' | b']' => {
                levels.pop();
            }
            b',' => match levels.last_mut() {
                Some(Level::Member(name)) => *name = None,
                Some(Level::Index(index)) => *index += 1,
                None => {}
            },
            b'"' => {
                let mut is_escaped = false;
                let end = bytes.find(|(_, byte)| {
                    let is_end = !is_escaped && *byte == b'"';
                    is_escaped = !is_escaped && *byte == b'\\';
                    is_end
                });
                let end = end.map_or(json.len(), |(end, _)| end);
                if let Some(Level::Member(name @ None)) = levels.last_mut() {
                    *name = json.get(place + 1..end);
                }
            }
            _ => {}
        }
    }
    levels
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;
    use proptest::sample::Index;
    use serde::{Deserialize, Serialize};
    use serde_json::{Value, json};

    use super::*;

    #[derive(Debug, Deserialize, Serialize)]
    struct Order {
        name: String,
        at: Option<(u8, i64)>,
        items: Vec<Item>,
        counts: BTreeMap<String, u8>,
        paid: Paid,
    }

    #[derive(Debug, Deserialize, Serialize)]
    struct Item {
        price: f64,
        tags: Vec<String>,
    }

    #[derive(Debug, Deserialize, Serialize)]
    enum Paid {
        Cash,
        Card { number: String, owner: Vec<bool> },
        Check(u32),
    }

    fn order(paid: Paid) -> Value {
        let item = |price| Item {
            price,
            tags: vec!["a \\ \"b\" {[,".to_owned(), "c".to_owned()],
        };
        let order = Order {
            name: "x".to_owned(),
            at: Some((1, -2)),
            items: vec![item(1.5), item(2.0)],
            counts: BTreeMap::from([("one".to_owned(), 1), ("two".to_owned(), 2)]),
            paid,
        };
        serde_json::to_value(order).unwrap()
    }

    /// All values in this one, which is the first.
    fn places(value: &Value, path: &str, all: &mut Vec<String>) {
        all.push(path.to_owned());
        match value {
            Value::Array(list) => {
                for (index, value) in list.iter().enumerate() {
                    places(value, &format!("{path}/{index}"), all);
                }
            }
            Value::Object(members) => {
                for (name, value) in members {
                    places(value, &format!("{path}/{name}"), all);
                }
            }
            _ => {}
        }
    }

    fn both(json: &str) -> Option<(String, String)> {
        let error = serde_json::from_str::<Order>(json).err()?;
        let mut reader = serde_json::Deserializer::from_str(json);
        let theirs = serde_path_to_error::deserialize::<_, Order>(&mut reader);
        let theirs = theirs.unwrap_err().path().to_string();
        Some((path_to(&error, json), theirs))
    }

    proptest! {
        #[test]
        fn the_path_is_that_of_a_reader_that_keeps_track(
            paid in 0..3,
            place in any::<Index>(),
            other in 0..8_usize,
            pretty in any::<bool>(),
        ) {
            let mut order = order(match paid {
                0 => Paid::Cash,
                1 => Paid::Card { number: "7".to_owned(), owner: vec![true, false] },
                _ => Paid::Check(7),
            });
            let mut all = Vec::new();
            places(&order, "", &mut all);
            let place = place.get(&all);
            let other = [
                json!(null), json!(true), json!(300), json!(-0.5), json!("x,\"{"), json!([]), json!({}), json!([[1, {"a": ["b"]}]]),
            ].into_iter().nth(other).unwrap();
            *order.pointer_mut(place).unwrap() = other;
            let json = if pretty { serde_json::to_string_pretty(&order) } else { serde_json::to_string(&order) };
            if let Some((ours, theirs)) = both(&json.unwrap()) {
                let theirs = if theirs == "." { String::new() } else { theirs };
                prop_assert_eq!(ours, theirs);
            }
        }

        #[test]
        fn whatever_is_broken_off_has_a_path(read in 0..400_usize) {
            let json = order(Paid::Cash).to_string();
            let json = json.get(..read).unwrap_or(&json);
            if let Err(error) = serde_json::from_str::<Order>(json) {
                let path = path_to(&error, json);
                prop_assert!(path.len() <= json.len());
            }
        }
    }

    #[test]
    fn what_is_no_json_has_the_path_of_what_it_is_in() {
        for (json, path) in [
            (
                r#"{"items":[{"price":1,"tags":[]},{"price":x"#,
                "items[1].price",
            ),
            (r#"{"items":[{"price":1,"tags":["a",x"#, "items[0].tags[1]"),
        ] {
            assert_eq!(both(json).unwrap(), (path.to_owned(), path.to_owned()));
        }
    }

    #[test]
    fn a_member_that_is_missing_is_one_of_what_lacks_it() {
        let (ours, theirs) = both(r#"{"items":[{"price":1,"tags":[]},{"price":1}]}"#).unwrap();
        assert_eq!(ours, "items[1]");
        assert_eq!(theirs, "items[1]");
    }
}
