//! How the expressions of a body are rewritten.

use super::{becomes, body, reports};

#[test]
fn an_await_is_awaited_at_its_site() {
    becomes(
        "let receipt = charge(&order).retry(p).await?;",
        "let receipt = __dw::Awaited::__at(charge(&order).retry(p), $[0]).await?;",
    );
    becomes(
        "if check(&o).await { for x in list().await? { bill(x).keyed(&x.sku).await?; } }",
        "if __dw::Awaited::__at(check(&o), $[0]).await {
             for x in ::durable_runtime::warning::iterated(__dw::Awaited::__at(list(), $[1]).await?, |__dw_items| __dw_items.order()) {
                 __dw::Awaited::__at(bill(x).keyed(&x.sku), $[2]).await?;
             }
         }",
    );
}

#[test]
fn awaits_nest_in_arguments() {
    becomes(
        "ship(&find(id).await?, reserve().await).await?;",
        "__dw::Awaited::__at(ship(&__dw::Awaited::__at(find(id), $[0]).await?, __dw::Awaited::__at(reserve(), $[1]).await), $[2]).await?;",
    );
}

#[test]
fn parentheses_that_the_call_replaces_are_dropped() {
    becomes(
        "(charge(&o)).await;",
        "__dw::Awaited::__at(charge(&o), $[0]).await;",
    );
}

#[test]
fn recursion_is_awaited_through_its_box() {
    becomes(
        "Box::pin(audit(x)).await",
        "__dw::Awaited::__at(Box::pin(audit(x)), $[0]).await",
    );
}

#[test]
fn async_blocks_and_closures_are_wrapped_at_every_depth() {
    becomes(
        "let later = async move { a().await };",
        "let later = __dw::block(async move { __dw::Awaited::__at(a(), $[0]).await });",
    );
    becomes(
        "each(&xs, |x| async move { let f = |y| async move { a(y).await }; b(x).await }).await;",
        "__dw::Awaited::__at(
             each(&xs, |x| __dw::block(async move {
                 let f = |y| __dw::block(async move { __dw::Awaited::__at(a(y), $[0]).await });
                 __dw::Awaited::__at(b(x), $[1]).await
             })),
             $[2]
         ).await;",
    );
}

#[test]
fn a_batch_is_looked_at_and_its_blocks_are_rewritten() {
    becomes(
        "map(&xs, |x| async move { a(x).await }).concurrency(2).await?;",
        "__dw::Awaited::__at(
             __dw::inline_batch!(
                 map(::durable_runtime::warning::iterated(&xs, |__dw_items| __dw_items.order()), |x| __dw::block(async move { __dw::Awaited::__at(a(x), $[0]).await }))
             ).concurrency(2),
             $[1]
         ).await?;",
    );
    becomes(
        "map(&xs, |x, index| a(x, index)).await;",
        "__dw::Awaited::__at(
             __dw::inline_batch!(__dw::map_indexed(::durable_runtime::warning::iterated(&xs, |__dw_items| __dw_items.order()), |x, index| a(x, index))),
             $[0]
         ).await;",
    );
    becomes(
        "parallel([branch(|| a(x)), branch(|| async { b(x).await })]).await;",
        "__dw::Awaited::__at(
             __dw::inline_batch!(
                 parallel([
                     branch(|| a(x)),
                     branch(|| __dw::block(async { __dw::Awaited::__at(b(x), $[0]).await }))
                 ])
             ),
             $[1]
         ).await;",
    );
}

#[test]
fn an_inline_steps_body_is_left_alone() {
    becomes(
        "step(\"greet\", || async { client.get(url).await?.text().await }).retry(p).await?;",
        "__dw::Awaited::__at(
             __dw::inline_step!(
                 step(\"greet\", || async { client.get(url).await?.text().await })
             ).retry(p),
             $[0]
         ).await?;",
    );
    becomes(
        "let later = durable_runtime::step(\"greet\", || async { x.await });",
        "let later = __dw::inline_step!(durable_runtime::step(\"greet\", || async { x.await }));",
    );
}

#[test]
fn a_childs_body_is_a_part_of_the_workflow() {
    becomes(
        "child(\"bundle\", || async { reserve().await }).await?;",
        "__dw::Awaited::__at(
             __dw::inline_child!(
                 child(\"bundle\", || __dw::block(async { __dw::Awaited::__at(reserve(), $[0]).await }))
             ),
             $[1]
         ).await?;",
    );
}

#[test]
fn a_users_own_step_function_is_a_call_like_any_other() {
    becomes(
        "step(&order).await?;",
        "__dw::Awaited::__at(step(&order), $[0]).await?;",
    );
}

#[test]
fn value_functions_are_sites() {
    becomes(
        "let id = uuid(); let n = random::<u8>() % 6; durable_runtime::rng().fill(&mut x);",
        "let id = __dw::value_site($[0], || uuid());
         let n = __dw::value_site($[1], || random::<u8>()) % 6;
         __dw::value_site($[2], || durable_runtime::rng()).fill(&mut x);",
    );
    reports(&body("uuid(); uuid();"), &[("DW016", "the key `uuid`")]);
    let found = body("let a = uuid(); #[id(\"second\")] let b = uuid();");
    assert_eq!(found.keys(), ["uuid", "second"]);
}

#[test]
fn functions_of_others_with_such_names_are_not() {
    becomes(
        "let a = dice::random(); let b = random(6); let c = dice.random();",
        "let a = dice::random(); let b = random(6); let c = dice.random();",
    );
    becomes(
        "let n = random().await?;",
        "let n = __dw::Awaited::__at(random(), $[0]).await?;",
    );
    becomes(
        "let t = now().await;",
        "let t = __dw::Awaited::__at(now(), $[0]).await;",
    );
}

#[test]
fn items_and_constants_in_the_body_are_left_alone() {
    let given = "
        async fn helper() { other().await }
        const N: usize = const { uuid() };
        impl X { async fn f(&self) { self.g().await } }
        mod m { async fn h() { a().await } }
        let x = const { uuid() };
    ";
    becomes(given, given);
    assert!(body(given).rows().is_empty());
}

#[test]
fn async_closures_are_refused() {
    let found = body("map(&xs, async |x| a(x).await).await;");
    reports(
        &found,
        &[("DW020", "an `async` closure can't be made durable")],
    );
    assert!(
        found.errors[0].contains("|x| async move"),
        "{:?}",
        found.errors
    );
}

#[test]
fn sleeps_out_of_the_services_range_are_refused() {
    for (duration, problem) in [
        ("Duration::ZERO", "this sleep is zero"),
        ("Duration::from_secs(0)", "this sleep is zero"),
        (
            "std::time::Duration::from_days(367)",
            "this sleep is longer than 366 days",
        ),
        (
            "Duration::from_weeks(53)",
            "this sleep is longer than 366 days",
        ),
        (
            "Duration::from_secs(99_999_999)",
            "this sleep is longer than 366 days",
        ),
    ] {
        reports(
            &body(&format!("sleep({duration}).await;")),
            &[("DW023", problem)],
        );
        let raced = body(&format!("race!(a(), late => sleep({duration}));"));
        reports(&raced, &[("DW023", problem)]);
    }
    for fine in [
        "Duration::from_days(366)",
        "Duration::from_millis(1)",
        "delay",
        "2 * DAY",
    ] {
        body(&format!("sleep({fine}).await;")).sound();
    }
    body("tokio::time::sleep(Duration::ZERO).await;").sound();
}

#[test]
fn attributes_of_statements_stay() {
    becomes(
        "#[allow(unused)] let x = a().await; #[cfg(test)] b().await;",
        "#[allow(unused)] let x = __dw::Awaited::__at(a(), $[0]).await; #[cfg(test)] __dw::Awaited::__at(b(), $[1]).await;",
    );
}
