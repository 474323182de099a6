//! What a scope inherits, what it counts, and when its number is free.

use super::*;

fn seen(scopes: &Scopes, index: ScopeIndex) -> (u32, u32, bool, bool, bool) {
    let scope = scopes.get(index).unwrap();
    (
        scope.depth,
        scope.closures,
        scope.flat,
        scope.in_helper,
        scope.chosen,
    )
}

#[test]
fn a_site_is_counted_by_scope_and_by_key() {
    let mut scopes = Scopes::new(&FLOW);
    let mut n = |scope, site: &str, key: &str| scopes.place(scope, at(site), key).unwrap().n;
    assert_eq!([0; 3].map(|_| n(ROOT, "last", "")), [0, 1, 2]);
    assert_eq!([0; 2].map(|_| n(ROOT, "charge", "")), [0, 1]);
    assert_eq!([0; 2].map(|_| n(ROOT, "last", "\"a\"")), [0, 1]);
    assert_eq!(n(ROOT, "ship", "\"a\""), 0);
    assert_eq!(n(ROOT, "last", ""), 3);
    // A site of another table, which may be longer.
    let other = site("other", 20);
    let mut n = || scopes.place(ROOT, &other, "").unwrap().n;
    assert_eq!([n(), n()], [0, 1]);
    let branch = scopes.open_branch(ROOT, at("race"), 0, (0, "left"), false);
    assert_eq!(scopes.place(branch, at("last"), "").unwrap().n, 0);
}

#[test]
fn values_without_a_site_are_seeded_by_a_count_of_their_own() {
    let mut scopes = Scopes::new(&FLOW);
    let seeds = [0; 3].map(|_| scopes.value_seed(ROOT, None));
    assert_ne!(seeds[0], seeds[1]);
    assert_ne!(seeds[1], seeds[2]);
    let expected = |n| derive(Kind::Value, &ROOT_SCOPE, &[0; 16], "", n);
    assert_eq!(seeds, [0, 1, 2].map(expected));
    let at_site = scopes.value_seed(ROOT, Some(at("ship")));
    assert_eq!(
        at_site,
        derive(Kind::Value, &ROOT_SCOPE, &at("ship").id, "", 0)
    );
}

#[test]
fn a_child_has_a_context_and_its_closure_or_a_text_of_its_own() {
    static CALLED: Definition =
        Definition::__new("called", "called.rs", &[], 0, OnDivergence::Retry);
    let mut scopes = Scopes::new(&FLOW);
    let place = scopes.place(ROOT, at("ship"), "").unwrap();
    let inline = scopes.open_context(ROOT, at("ship"), "", place, None, false);
    assert_eq!(seen(&scopes, inline), (1, 1, false, false, false));
    let deeper = scopes.open_context(inline, at("bill"), "", place, None, true);
    assert_eq!(seen(&scopes, deeper), (2, 2, false, false, true));
    let beneath = scopes.open_context(deeper, at("mail"), "", place, None, false);
    assert!(scopes.get(beneath).unwrap().chosen, "as all around it");
    let scope = scopes.get(inline).unwrap();
    assert_eq!((scope.context, scope.real), (Some(place.id), inline));
    assert_eq!(scope.workflow.name(), "flow");

    let branch = scopes.open_branch(deeper, at("race"), 0, (1, "right"), false);
    let called = scopes.open_context(branch, at("last"), "", place, Some(&CALLED), false);
    assert_eq!(seen(&scopes, called), (3, 0, false, false, true));
    let scope = scopes.get(called).unwrap();
    assert_eq!((scope.workflow.name(), scope.path.len()), ("called", 0));
}

#[test]
fn a_flat_child_shares_the_context_around() {
    let mut scopes = Scopes::new(&FLOW);
    let place = scopes.place(ROOT, at("ship"), "").unwrap();
    let flat = scopes.open_flat(ROOT, at("ship"), "", place, None);
    assert_eq!(seen(&scopes, flat), (1, 1, true, false, false));
    let scope = scopes.get(flat).unwrap();
    assert_eq!((scope.context, scope.real), (None, ROOT));
    let context = scopes.open_context(flat, at("bill"), "", place, None, false);
    assert!(!scopes.get(context).unwrap().flat);
}

#[test]
fn a_helper_marks_what_is_inside_it_up_to_the_next_context() {
    use crate::identity::{is_marked, tag};
    static HELPER: Definition =
        Definition::__new("pay", "pay.rs", &[], 0, OnDivergence::Retry).__helper();
    let mut scopes = Scopes::new(&FLOW);
    let is_marked = |scopes: &Scopes, index| is_marked(tag(&scopes.get(index).unwrap().id));
    let place = scopes.place(ROOT, at("ship"), "").unwrap();
    let inline = scopes.open_context(ROOT, at("ship"), "", place, None, false);
    assert!(!is_marked(&scopes, inline));
    let helper = scopes.open_helper(inline, at("bill"), "", 0, &HELPER);
    assert_eq!(seen(&scopes, helper), (2, 0, true, true, false));
    let scope = scopes.get(helper).unwrap();
    assert_eq!(
        (scope.definition.name(), scope.workflow.name()),
        ("pay", "flow")
    );
    let branch = scopes.open_branch(helper, at("race"), 0, (0, "left"), false);
    let flat = scopes.open_flat(helper, at("ship"), "", place, None);
    for index in [helper, branch, flat] {
        assert!(is_marked(&scopes, index));
    }
    let tag_of = tag(&scopes.get(branch).unwrap().id);
    assert_eq!(
        scopes.branch_tag(helper, at("race"), 0, "left"),
        Some(tag_of)
    );
    let context = scopes.open_context(helper, at("ship"), "", place, None, false);
    assert_eq!(seen(&scopes, context), (3, 1, false, false, false));
    let inside = scopes.open_branch(context, at("race"), 0, (0, "left"), false);
    assert!(!is_marked(&scopes, inside));
}

#[test]
fn the_items_of_a_batch_have_its_closure_and_the_batch_has_none() {
    let mut scopes = Scopes::new(&FLOW);
    let place = scopes.place(ROOT, at("ship"), "").unwrap();
    let batch = scopes.open_batch(ROOT, at("ship"), "", place, false);
    assert_eq!(seen(&scopes, batch), (1, 0, false, false, false));
    let open = |scopes: &mut Scopes, item, operation, rebuilt| {
        scopes.open_item(batch, at("ship"), 0, item, operation, rebuilt)
    };
    let item = open(&mut scopes, ItemKey::Index(0), Some(place.id), false);
    assert_eq!(seen(&scopes, item), (2, 1, false, false, false));
    assert_eq!(scopes.get(item).unwrap().real, item);
    let flat = open(&mut scopes, ItemKey::Key("\"a\""), None, true);
    assert_eq!(seen(&scopes, flat), (2, 1, true, false, true));
    assert_eq!(scopes.get(flat).unwrap().real, batch);

    let rebuilt = scopes.open_batch(ROOT, at("ship"), "", place, true);
    assert!(scopes.get(rebuilt).unwrap().chosen);
    let inside = scopes.open_batch(rebuilt, at("ship"), "", place, false);
    assert!(scopes.get(inside).unwrap().chosen, "as all around it");
    let item = scopes.open_item(inside, at("ship"), 0, ItemKey::Index(0), None, false);
    assert!(scopes.get(item).unwrap().chosen);
    let branch = scopes.open_branch(inside, at("race"), 0, (0, "left"), false);
    assert!(scopes.get(branch).unwrap().chosen);
}

#[test]
fn items_are_told_apart_by_index_or_by_key() {
    let scope = [3; 16];
    let keys = [
        ItemKey::Index(0),
        ItemKey::Index(1),
        ItemKey::Key("\"a\""),
        ItemKey::Key("\"b\""),
    ];
    let all: std::collections::HashSet<_> = keys
        .iter()
        .flat_map(|key| {
            let place = key.place(&scope, at("ship"));
            let tag = key.scope_tag(&scope, at("ship"));
            [place.id.to_string(), format!("{tag:?}")]
        })
        .collect();
    assert_eq!(all.len(), 8);
    assert_eq!(keys[1].place(&scope, at("ship")).n, 1);
    assert_eq!(
        keys[2].place(&scope, at("ship")).id,
        OperationId::derive(&scope, &at("ship").id, "\"a\"", 0)
    );
}

#[test]
fn a_scope_is_open_until_it_is_closed_and_its_number_is_used_again() {
    let mut scopes = Scopes::new(&FLOW);
    let left = scopes.open_branch(ROOT, at("race"), 0, (0, "left"), false);
    let right = scopes.open_branch(ROOT, at("race"), 0, (1, "right"), false);
    let within = scopes.open_branch(left, at("race"), 1, (0, "left"), false);
    assert_eq!(scopes.open_in(ROOT), [left, right]);
    assert_eq!(scopes.open_in(left), [within]);
    let tags = |indexes: &[ScopeIndex], scopes: &Scopes| {
        let ids = indexes.iter().map(|index| scopes.get(*index).unwrap().id);
        ids.map(|id| crate::identity::tag(&id))
            .collect::<std::collections::HashSet<_>>()
    };
    let all = tags(&[ROOT, left, right, within], &scopes);
    assert_eq!(scopes.open_tags(), all);
    let closed = crate::identity::tag(&scopes.get(right).unwrap().id);

    scopes.close(right);
    scopes.close(ROOT);
    assert_eq!(scopes.open_in(ROOT), [left]);
    assert_eq!(scopes.open_tags(), tags(&[ROOT, left, within], &scopes));
    assert!(scopes.was_opened(closed) && !scopes.was_opened([1; 8]));
    let next = scopes.open_branch(ROOT, at("race"), 1, (1, "right"), false);
    assert_eq!(next, right);
    assert_eq!(scopes.open_in(ROOT), [left, right]);
}
