//! Identity `v1`. The ids in here are frozen: executions in flight are found by them.

use super::{Expansion, workflow, workflow_with};

const ROOT: &str = r#"
    async fn fulfil(order: Order) -> Result<()> {
        charge(&order).await?;
        sleep(DAY).await;
        sleep(DAY).await;
        client.charge(&order).retry(p).await?;
        approval.result().await?;
        pending.await;
        join!(reserve(&order), print_label(&order));
        try_join!(weigh(&order), pack(&order))?;
        match race!(answer => asked.result(), late => async { sleep(DAY).await }) { _ => {} }
        #[id("second race")]
        race!(left => one(), right => two());
        refund(&order).named("refund-fee").await?;
        step("greet the customer", || async { greet().await }).await;
        let id = uuid();
        Box::pin(audit(&order)).await
    }
"#;

fn ids(expansion: &Expansion) -> Vec<(String, String)> {
    let rows = expansion.rows().into_iter();
    rows.map(|row| (row.key, row.id)).collect()
}

fn pinned(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    let own = |(key, id): &(&str, &str)| ((*key).to_owned(), (*id).to_owned());
    expected.iter().map(own).collect()
}

#[test]
fn ids_of_every_shape_of_site_are_v1() {
    let found = ids(&workflow(ROOT));
    let expected = pinned(&[
        ("charge", "c8bf31d4d75694d9ec23c50af0daa53c"),
        ("sleep", "152fb0383dae233a33d939118c4b5080"),
        ("sleep#2", "a1c6897627482678bed2feb0492b01db"),
        ("client.charge", "584759044303363948068492f126a7af"),
        ("approval.result", "c329527e2fc75d1500794511d8d72f11"),
        ("pending", "080a7e9e48e45a1e4cfe061f7155593d"),
        ("join", "07b5aecae3d1bf636b0eb9f5984095f0"),
        ("reserve", "05fbed9474f798b6c76595d039ffe58a"),
        ("print_label", "5e1d057eb464f8ca3c0dd84dddcbd918"),
        ("try_join", "285d805624198c83cebfba8d5197eed1"),
        ("weigh", "727cd8bb48e338a54a68a568acd9873e"),
        ("pack", "7cc3c8d3b3e068087cd9f123fc856097"),
        ("race", "5d75e148bba7cc70975d0fd24020709f"),
        ("asked.result", "d2146fc04684bdb76e74703de5380127"),
        ("race.late", "869ebd5fc1c04c8a6a4fbe5b859b4e64"),
        ("sleep#3", "1a6ac78267c2b61e948036ced382e3cd"),
        ("second race", "247bc966f8e35e7173acbe64d29717f9"),
        ("one", "4d6d588e93a39edcc5ec674958e59ca2"),
        ("two", "43ca98c4a4d1798667f83b7fab024678"),
        ("refund-fee", "deae1a271be030280efda2b782720a4f"),
        ("greet the customer", "8b03d2432c1cb84ce8e62188a51f190a"),
        ("uuid", "b53a596022db8c1b3661b11fb2509ece"),
        ("audit", "ef0bb12179a3fa3c81e05e05e7eb98bf"),
    ]);
    assert_eq!(found, expected);
}

#[test]
fn ids_of_nested_sites_are_v1() {
    // Scopes are added when the workflow runs: in the text, a nested site is a site like any other.
    let found = ids(&workflow(
        r#"
        async fn fulfil(order: Order) -> Result<()> {
            child("bundle", || async { reserve(&order).await?; inner(&order).await }).await?;
            map(&order.items, |item| async move { quote(item).await }).await?;
            for line in &order.lines { bill(line).keyed(&line.sku).await?; }
            Ok(())
        }
        "#,
    ));
    let expected = pinned(&[
        ("reserve", "05fbed9474f798b6c76595d039ffe58a"),
        ("inner", "92c6e3c73ea14df3a569046600aa0bfc"),
        ("bundle", "e8185c9ef8cec491a8a06b6a7950d19e"),
        ("quote", "52aa3cecb0c922d56139674715d4ef17"),
        ("map", "7e375603fbc9557ba0fca40dd1f9c7e7"),
        ("bill", "0d68dca7f9e92265a2ab4310097dedf6"),
    ]);
    assert_eq!(found, expected);
}

#[test]
fn the_name_option_is_the_first_half_of_the_path() {
    let found = ids(&workflow_with(
        r#"name = "order-fulfilment""#,
        "async fn fulfil(order: Order) { charge(&order).await; }",
    ));
    assert_eq!(
        found,
        pinned(&[("charge", "45260577ffc23fc734be162c9807b8e8")])
    );
}

#[test]
fn ids_depend_on_neither_line_nor_order_nor_arguments() {
    let before = ids(&workflow("async fn w() { a(1).await; b(2).await; }"));
    let mut after = ids(&workflow(
        "async fn w() {\n\n if x { b(3, 4).await; }\n a().await; }",
    ));
    after.reverse();
    assert_eq!(before, after);
}

#[test]
fn raw_names_are_the_names() {
    let raw = ids(&workflow("async fn r#w() { r#type().await; }"));
    let plain = ids(&workflow_with(
        r#"name = "w""#,
        "async fn v() { x.named(\"type\").await; }",
    ));
    assert_eq!(raw, plain);
}
