//! What a step becomes.

use super::{contains, reports, step};

#[test]
fn a_step_becomes_a_function_that_returns_one() {
    let text = step(
        "",
        "/// Charges.\n#[inline] pub(crate) async fn charge(order: &Order, n: u32) -> Result<Receipt> { pay(order, n).await }",
    )
    .text();
    contains(
        &text,
        &[
            "/// Charges.\n#[inline] pub(crate) fn charge(order: &Order, n: u32)
             -> ::durable_runtime::Step<impl ::durable_runtime::__private::StepBody<Output = Result<Receipt>>> {",
            "use ::durable_runtime::__private as __dw;",
            "let __dw_args = (order, n,);",
            "let __dw_clone = __dw::clone_probe!(__dw_args);",
            "__dw::new_step(const { __dw::StepMeta::new(\"charge\") },
                 ::durable_runtime::__private::outcome!(Result<Receipt>),
                 __dw_args, __dw_clone,
                 move |_, (order, n)| async move {",
            "let __dw_result: Result<Receipt> = loop {}; return __dw_result; }
             pay(order, n).await }",
        ],
    );
}

#[test]
fn the_context_is_no_parameter_of_the_call() {
    for ty in [
        "&StepContext",
        "&durable_runtime::StepContext",
        "&'a StepContext",
    ] {
        let text = step(
            "",
            &format!("async fn ship<'a>(cx: {ty}, order: &Order) {{ cx.attempt(); }}"),
        )
        .text();
        let plain = ty.replace("'a ", "");
        contains(
            &text,
            &[
                "fn ship<'a>(order: &Order) ->",
                "move |__dw_cx, (order,)| async move {",
                &format!("let cx: {plain} = &__dw_cx; cx.attempt();"),
            ],
        );
    }
    let found = step("", "async fn ship(order: &Order, cx: &StepContext) {}");
    reports(
        &found,
        &[("DW020", "the step context is not the first parameter")],
    );
}

#[test]
fn nothing_is_returned_as_unit() {
    let text = step("", "async fn notify() { send().await; }").text();
    contains(
        &text,
        &[
            "fn notify() -> ::durable_runtime::Step<impl ::durable_runtime::__private::StepBody<Output = ()>>",
            "let __dw_args = ();",
            "move |_, ()| async move",
        ],
    );
}

#[test]
fn patterns_are_bound_where_the_body_runs() {
    let text = step(
        "",
        "async fn f(mut n: u32, Order { id, .. }: Order, (a, b): (u8, u8), _: bool) -> u32 { n += id; n }",
    )
    .text();
    contains(
        &text,
        &[
            "fn f(n: u32, __dw_arg1: Order, __dw_arg2: (u8, u8), __dw_arg3: bool)",
            "let __dw_args = (n, __dw_arg1, __dw_arg2, __dw_arg3);",
            "move |_, (mut n, Order { id, .. }, (a, b), _)| async move",
        ],
    );
}

#[test]
fn methods_and_generics_are_kept() {
    let text = step(
        "",
        "async fn put<'a, T: Serialize, const N: usize>(&self, cx: &StepContext, items: &'a [T; N]) -> u32 where T: Sync { self.n }",
    )
    .text();
    contains(
        &text,
        &[
            "fn put<'a, T: Serialize, const N: usize>(&self, items: &'a [T; N]) -> ::durable_runtime::Step<
                impl ::durable_runtime::__private::StepBody<Output = u32>> where T: Sync {",
            "self.n }",
        ],
    );
    step("", "async fn f(self: &Self) {}").sound();
    step("", "async fn f(buffer: &mut Vec<u8>) {}").sound();
}

#[test]
fn the_body_is_not_a_workflow() {
    let text = step(
        "",
        "async fn f() -> u32 { a().await; join!(b(), c()); async { 1 }.await }",
    )
    .text();
    contains(&text, &["a().await; join!(b(), c()); async { 1 }.await"]);
}

#[test]
fn functions_that_can_not_be_steps_are_refused() {
    for (item, part) in [
        ("fn f() {}", "`f` is not an `async fn`"),
        ("async unsafe fn f() {}", "`f` can't be `unsafe`"),
        ("const async fn f() {}", "`f` can't be `const`"),
        ("async extern \"C\" fn f() {}", "`f` can't be `extern`"),
        (
            "async fn f(x: impl Into<String>) {}",
            "`impl Trait` can't be the type of an argument",
        ),
        (
            "async fn f(x: Vec<impl Into<String>>) {}",
            "`impl Trait` can't be the type",
        ),
        (
            "async fn f() -> impl Debug { 1 }",
            "it can't be `impl Trait`",
        ),
        ("async fn f(&mut self) {}", "it can't take this receiver"),
        ("async fn f(self) {}", "it can't take this receiver"),
        ("async fn f(mut self) {}", "it can't take this receiver"),
        (
            "async fn f(self: Box<Self>) {}",
            "it can't take this receiver",
        ),
        (
            "async fn f(#[state] x: u32) {}",
            "`#[state]` marks a parameter of a workflow",
        ),
    ] {
        let found = step("", item);
        reports(&found, &[("DW020", part)]);
        contains(&found.formatted(), &["fn f(", "unreachable!("]);
    }
}

#[test]
fn a_mistake_leaves_a_function_that_callers_can_type_check() {
    let found = step(
        "timeout = \"soon\"",
        "pub async fn f(x: &X) -> Result<Y> { body_is_gone(x).await }",
    );
    reports(&found, &[("DW023", "not a duration")]);
    let text = found.formatted();
    contains(
        &text,
        &[
            "pub fn f(x: &X) -> ::durable_runtime::Step<impl ::durable_runtime::__private::StepBody<Output = Result<Y>>>",
            "unreachable!(",
        ],
    );
    assert!(!text.contains("body_is_gone"), "{text}");
}
