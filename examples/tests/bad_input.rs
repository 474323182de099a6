//! What bad input gets: a message that names the thing and the way out, an exit code that isn't 0, and nothing that was stored lost.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "these are tests"
)]

mod common;

use std::fs;

use common::{Ended, Place};
use rusqlite::Connection;

const FULFILMENT: &str = env!("CARGO_BIN_EXE_fulfilment");

/// A place with an order that was shipped, and what its database and ledger hold.
struct Shop {
    place: Place,
    database: Vec<u8>,
    ledger: String,
}

impl Shop {
    fn with_an_order_shipped() -> Self {
        let place = Place::new();
        place.fulfilment(&["--wait", "0"]).result();
        let database = fs::read(place.path("fulfilment.db")).unwrap();
        let ledger = place.read("fulfilment.ledger");
        Self {
            place,
            database,
            ledger,
        }
    }

    #[track_caller]
    fn refuses(&self, arguments: &[&str], code: i32, parts: &[&str]) {
        self.place.fulfilment(arguments).failed(code, parts);
        assert!(
            fs::read(self.place.path("fulfilment.db")).unwrap() == self.database,
            "the database changed"
        );
        assert_eq!(
            self.place.read("fulfilment.ledger"),
            self.ledger,
            "the ledger changed"
        );
    }
}

/// Runs on a database file with this content, which must still be there afterwards.
#[track_caller]
fn with_database(place: &Place, parts: &[&str]) -> Ended {
    let before = fs::read(place.path("fulfilment.db")).unwrap();
    let ended = place.fulfilment(&[]);
    ended.failed(1, parts);
    assert!(
        fs::read(place.path("fulfilment.db")).unwrap() == before,
        "the database changed"
    );
    assert_eq!(place.ledger(), [], "a step ran");
    ended
}

#[test]
fn a_file_that_is_no_database() {
    let place = Place::new();
    place.write("fulfilment.db", "Dear diary, ".repeat(1000));
    with_database(
        &place,
        &["fulfilment.db is not a database", "give another path"],
    );
}

#[test]
fn a_database_of_another_program() {
    let place = Place::new();
    let other = Connection::open(place.path("fulfilment.db")).unwrap();
    other
        .execute_batch("CREATE TABLE songs (title TEXT)")
        .unwrap();
    drop(other);
    with_database(
        &place,
        &["fulfilment.db is a database of another program", "songs"],
    );
}

#[test]
fn a_database_of_a_newer_build() {
    let shop = Shop::with_an_order_shipped();
    let newer = Connection::open(shop.place.path("fulfilment.db")).unwrap();
    newer.execute_batch("PRAGMA user_version = 99").unwrap();
    drop(newer);
    fs::remove_file(shop.place.path("fulfilment.ledger")).unwrap();
    with_database(
        &shop.place,
        &["schema version 99", "nothing in it was changed"],
    );
}

#[test]
fn a_damaged_database() {
    let shop = Shop::with_an_order_shipped();
    let mut damaged = shop.database.clone();
    for byte in damaged.iter_mut().skip(4096).take(8 * 4096) {
        *byte = 0x5a;
    }
    shop.place.write("fulfilment.db", &damaged);
    fs::remove_file(shop.place.path("fulfilment.ledger")).unwrap();
    with_database(
        &shop.place,
        &["fulfilment.db is damaged", "restore a backup"],
    );
}

#[test]
fn a_database_that_another_process_has_open() {
    let place = Place::new();
    let mut first = place.spawn(FULFILMENT, &["--wait", "2"]);
    first.until(|first| first.stderr().contains("starting"));

    let second = place.fulfilment(&["--id", "second"]);

    let holder = format!("process {}", first.id());
    second.failed(
        1,
        &[
            "fulfilment.db is in use by another engine",
            &holder,
            "give another path",
        ],
    );
    assert_eq!(first.end().result()["outcome"], "shipped");
}

#[test]
fn paths_that_cannot_be_written() {
    let place = Place::new();
    fs::create_dir(place.path("folder")).unwrap();
    place.fulfilment(&["--db", "folder"]).failed(
        1,
        &[
            "database folder",
            "it is a folder",
            "give the path of a file",
        ],
    );
    place
        .fulfilment(&["--db", "nowhere/x.db"])
        .failed(1, &["nowhere does not exist", "create it"]);
    place
        .fulfilment(&["--db", "/proc/x.db"])
        .failed(1, &["/proc/x.db"]);
    assert_eq!(place.ledger(), []);
}

#[test]
fn a_ledger_that_cannot_be_written() {
    let shop = Shop::with_an_order_shipped();
    let other = shop
        .place
        .write("other.json", order(|order| order["id"] = "other".into()));
    let other = other.to_str().unwrap();
    for ledger in [".", "nowhere/ledger", "/proc/ledger"] {
        let parts = [&format!("can't write the ledger {ledger}"), "--ledger"];
        shop.refuses(&["--order", other, "--ledger", ledger], 1, &parts);
    }
}

#[test]
fn a_ledger_that_is_something_else() {
    let shop = Shop::with_an_order_shipped();
    let other = shop
        .place
        .write("other.json", order(|order| order["id"] = "other".into()));
    let before = fs::read(&other).unwrap();
    for ledger in ["fulfilment.db", "other.json"] {
        let parts = [
            &format!("{ledger} is there and is no ledger"),
            "nothing was written to it",
        ];
        shop.refuses(&["--order", "other.json", "--ledger", ledger], 1, &parts);
    }
    assert_eq!(fs::read(&other).unwrap(), before);

    let place = Place::new();
    place
        .fulfilment(&["--db", "one", "--ledger", "one"])
        .failed(1, &["one is there and is no ledger"]);
}

/// The sample order, changed.
fn order(change: impl FnOnce(&mut serde_json::Value)) -> String {
    let mut order = serde_json::to_value(examples::fulfilment::Order::sample()).unwrap();
    change(&mut order);
    order.to_string()
}

#[test]
fn orders_that_are_none() {
    let shop = Shop::with_an_order_shipped();
    let without_card = order(|order| {
        order.as_object_mut().unwrap().remove("card");
    });
    let looks = r#"an order looks like {"id":"order-42""#;
    let cases: [(&str, String, &[&str]); 9] = [
        (
            "text",
            "two tea cups".into(),
            &["text.json is not JSON", "line 1 column", looks],
        ),
        (
            "cut",
            order(|_| ())[..40].into(),
            &["cut.json is not JSON", "EOF", looks],
        ),
        (
            "nothing",
            String::new(),
            &["nothing.json is not JSON", looks],
        ),
        ("list", "[1]".into(), &["list.json is not an order", looks]),
        (
            "cardless",
            without_card,
            &[
                "cardless.json is not an order",
                "missing field `card`",
                looks,
            ],
        ),
        (
            "typed",
            order(|order| order["lines"][1]["quantity"] = "six".into()),
            &[
                "typed.json is not an order",
                "in `lines[1].quantity`",
                "invalid type",
                looks,
            ],
        ),
        (
            "empty",
            order(|order| order["lines"] = serde_json::json!([])),
            &["`lines` is empty", "empty.json"],
        ),
        (
            "none",
            order(|order| order["lines"][0]["quantity"] = 0.into()),
            &["`lines[0].quantity` is 0", "none.json"],
        ),
        (
            "patient",
            order(|order| order["wait_seconds"] = 40_000_000.into()),
            &["40000000", "366 days"],
        ),
    ];
    for (name, text, parts) in cases {
        let path = shop.place.write(&format!("{name}.json"), text);
        shop.refuses(&["--order", path.to_str().unwrap()], 1, parts);
    }
    shop.refuses(
        &["--order", "missing.json"],
        1,
        &["missing.json", "No such file"],
    );
    shop.refuses(&["--order", "."], 1, &["can't read an order from ."]);
}

#[test]
fn an_id_in_use_for_another_order() {
    let shop = Shop::with_an_order_shipped();
    let long = "x".repeat(100_000);
    let other = shop
        .place
        .write("other.json", order(|order| order["customer"] = long.into()));

    shop.refuses(
        &["--order", other.to_str().unwrap()],
        1,
        &[
            "the id `order-42` is in use",
            r#"`customer` is recorded as "ada@example.com" and given as "xxx"#,
            "--id",
        ],
    );

    let ended = shop.place.fulfilment(&["--order", other.to_str().unwrap()]);
    assert!(
        ended.stderr.len() < 1000,
        "long JSON is cut: {} bytes",
        ended.stderr.len()
    );
}

#[test]
fn ids_and_waits_outside_the_limits() {
    let shop = Shop::with_an_order_shipped();
    for id in ["no spaces", "a/b", "", "ä", &"x".repeat(65)] {
        shop.refuses(
            &["--id", id],
            1,
            &["an id has 1 to 64 of A-Z a-z 0-9 - _", "--id"],
        );
    }
    shop.refuses(&["--wait", "-5"], 2, &["'-5'", "can't be negative"]);
    shop.refuses(
        &["--wait", "31622401"],
        2,
        &["at most 31622400 s (366 days)"],
    );
    shop.refuses(&["--wait", "soon"], 2, &["'soon'", "whole seconds"]);
    shop.refuses(&["--wiat", "3"], 2, &["--wiat", "--wait"]);
}

#[test]
#[cfg(target_os = "linux")] // where there is a /dev/full
fn a_ledger_that_fills_up_is_waited_for() {
    // Opens, and then has no room: the disk that is full half way.
    let place = Place::new();
    let mut process = place.spawn(FULFILMENT, &["--ledger", "/dev/full", "--wait", "0"]);
    process.until(|process| process.stderr().contains("validate failed"));
    let stderr = process.stderr();
    process.kill();
    for part in ["can't write the ledger /dev/full", "attempt 2 in"] {
        assert!(stderr.contains(part), "{part:?} is missing:\n{stderr}");
    }

    // The same command with room again goes on.
    assert_eq!(
        place.fulfilment(&["--wait", "0"]).result()["outcome"],
        "shipped"
    );
}
