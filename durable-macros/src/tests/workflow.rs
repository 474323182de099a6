//! What a workflow becomes.

use super::{contains, reports, workflow};

#[test]
fn a_workflow_becomes_a_struct_its_registration_and_a_function() {
    let text = workflow(
        "/// Fulfils.\npub async fn fulfil(order: Order) -> Result<Shipment> { charge(&order).await?; ship(&order).await }",
    )
    .text();
    contains(
        &text,
        &[
            "#[doc(hidden)] #[allow(non_camel_case_types, dead_code)]
             #[derive(::core::fmt::Debug, ::core::clone::Clone, ::core::marker::Copy)]
             pub struct fulfil {}",
            "pub const __DW_SITES: &'static [::durable_runtime::__private::Site; 2] = &[",
            "pub const __DW_DEFINITION: &'static ::durable_runtime::Definition =
             &::durable_runtime::Definition::__new(\"fulfil\", ::core::file!(), Self::__DW_SITES, 2,
                 ::durable_runtime::OnDivergence::Retry);",
            "impl ::durable_runtime::Workflow for fulfil {
                type Input = Order;
                type Output = Result<Shipment>;
                const DEFINITION: &'static ::durable_runtime::Definition = Self::__DW_DEFINITION;
                fn __outcome() -> ::durable_runtime::__private::Outcome<Self::Output> {
                    ::durable_runtime::__private::outcome!(Result<Shipment>)
                }",
            "::core::result::Result::Ok(async move { fulfil(__dw_input).__root().await })",
            "/// Fulfils.\npub fn fulfil(order: Order) -> ::durable_runtime::WorkflowCall<
                fulfil, impl ::durable_runtime::__private::StepBody<Output = Result<Shipment>>> {
                use ::durable_runtime::__private as __dw;
                async fn __dw_body(order: Order) -> Result<Shipment> {
                    __dw::Awaited::__at(charge(&order), fulfil::__DW_SITE_0).await?;
                    __dw::Awaited::__at(ship(&order), fulfil::__DW_SITE_1).await
                }
                __dw::new_workflow(fulfil::__DW_DEFINITION,
                    ::durable_runtime::__private::outcome!(Result<Shipment>), (order,),
                    move |(order,)| -> ::core::pin::Pin<::std::boxed::Box<
                        dyn ::core::future::Future<Output = Result<Shipment>> + ::core::marker::Send + 'static>> {
                        ::std::boxed::Box::pin(__dw_body(order))
                    },
                ) }",
        ],
    );
}

#[test]
fn the_input_may_be_absent_or_borrowed() {
    let text = workflow("async fn f() { }").text();
    contains(
        &text,
        &[
            "type Input = ();",
            "type Output = ();",
            "async move { f().__root().await }",
        ],
    );
    for (ty, input) in [
        ("&Order", "Order"),
        ("&'static Order", "Order"),
        ("&str", "::std::string::String"),
        ("&[u8]", "::std::vec::Vec<u8>"),
    ] {
        let text = workflow(&format!("async fn f(x: {ty}) {{ }}")).text();
        contains(
            &text,
            &[
                &format!("type Input = {input};"),
                "async move { f(&__dw_input).__root().await }",
            ],
        );
    }
}

#[test]
fn state_comes_from_the_host() {
    let text =
        workflow("async fn f(#[state] a: Clients, order: Order, #[state] b: &Config) -> u8 { 1 }")
            .text();
    contains(
        &text,
        &[
            "type Input = Order;",
            "let __dw_state0 = __dw_state.get::<Clients>()?;
             let __dw_state2 = __dw_state.get::<Config>()?;
             ::core::result::Result::Ok(async move {
                 f(__dw_state0, __dw_input, &__dw_state2).__root().await })",
        ],
    );
    assert!(!text.contains("#[state]"), "{text}");
}

#[test]
fn borrowed_parameters_outlive_the_boxed_future() {
    let text = workflow("async fn f<'a>(x: &'a A, #[state] y: B<'_>, #[state] z: &[C]) { }").text();
    contains(
        &text,
        &[
            "fn f<'__dw, '__dw0: '__dw, '__dw1: '__dw, 'a: '__dw>(x: &'a A, y: B<'__dw0>, z: &'__dw1 [C]) ->",
            "async fn __dw_body<'a>(x: &'a A, y: B<'_>, z: &[C]) -> () {",
            "+ ::core::marker::Send + '__dw",
        ],
    );
}

#[test]
fn generic_workflows_are_children_only() {
    let text = workflow(
        "async fn f<T: Send, U, const N: usize>(x: ([T; N], U)) -> u8 where U: Sync { 1 }",
    )
    .text();
    assert!(!text.contains("::durable_runtime::Workflow for"), "{text}");
    contains(
        &text,
        &[
            "fn f<'__dw, T: Send + '__dw, U, const N: usize>(x: ([T; N], U)) -> ::durable_runtime::WorkflowCall<f,",
            "where U: Sync, U: '__dw {",
            "async fn __dw_body<T: Send, U, const N: usize>(x: ([T; N], U)) -> u8 where U: Sync {",
            "__dw_body::<T, U, N>(x)",
        ],
    );
    let borrowing = workflow("async fn f(x: (&A, &B)) -> u8 { 1 }").text();
    assert!(
        !borrowing.contains("::durable_runtime::Workflow for"),
        "{borrowing}"
    );
}

#[test]
fn patterns_are_bound_where_the_body_runs() {
    let text =
        workflow("async fn f(Order { id, .. }: Order, #[state] mut n: u32) -> u32 { n += id; n }")
            .text();
    contains(
        &text,
        &[
            "fn f(__dw_arg0: Order, n: u32) ->",
            "async fn __dw_body(Order { id, .. }: Order, mut n: u32) -> u32 {",
            "move |(__dw_arg0, n)|",
        ],
    );
}

#[test]
fn conditions_hold_for_all_of_it() {
    let text = workflow("#[cfg(unix)] #[deprecated] async fn f() { }").text();
    assert_eq!(text.matches("#[cfg(unix)]").count(), 4, "{text}");
    assert_eq!(text.matches("#[deprecated]").count(), 1, "{text}");
}

#[test]
fn inner_attributes_stay_at_the_top() {
    let text = workflow("async fn f() { #![allow(unused)] a().await; }").text();
    contains(
        &text,
        &["{ #![allow(unused)] use ::durable_runtime::__private as __dw;"],
    );
}

#[test]
fn functions_that_can_not_be_workflows_are_refused() {
    for (item, part) in [
        ("fn f() {}", "`f` is not an `async fn`"),
        ("async unsafe fn f() {}", "`f` can't be `unsafe`"),
        (
            "async fn f(x: impl Into<String>) {}",
            "`impl Trait` can't be the type of an argument",
        ),
        (
            "async fn f() -> impl Debug { 1 }",
            "it can't be `impl Trait`",
        ),
        ("async fn f(&self) {}", "a workflow can't be a method"),
        (
            "async fn f(self: Box<Self>, x: u8) {}",
            "a workflow can't be a method",
        ),
        (
            "async fn f(a: A, #[state] s: S, b: B) {}",
            "a workflow takes one input",
        ),
        (
            "async fn f(a: &mut A) {}",
            "a workflow can't change what its caller owns",
        ),
    ] {
        let found = workflow(item);
        reports(&found, &[("DW020", part)]);
        contains(&found.formatted(), &["fn f", "unreachable!("]);
    }
}
