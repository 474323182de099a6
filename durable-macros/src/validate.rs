//! Every rule about the shape of an annotated function (DW020), in one place.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::visit::Visit;
use syn::{PatType, Receiver, ReceiverKind, ReturnType, Safety, Signature, Type, TypeImplTrait};

use crate::diag::{Errors, Rule};
use crate::input::{is_step_context, typed_params};

/// Checks the signature of a `#[step]`.
pub(crate) fn step(sig: &Signature, errors: &mut Errors) {
    any(sig, errors);
    if let Some(receiver) = sig.receiver().filter(|receiver| !is_shared(receiver)) {
        errors.report(
            receiver,
            Rule::Shape,
            "a step can run more than once, so it can't take this receiver",
            "take `&self`, or make it a free function",
        );
    }
    for typed in typed_params(sig) {
        if let Some(attr) = typed
            .attrs
            .iter()
            .find(|attr| attr.path().is_ident("state"))
        {
            errors.report(
                attr,
                Rule::Shape,
                "`#[state]` marks a parameter of a workflow, and this is a step",
                "remove the attribute: a step's caller passes every argument",
            );
        }
    }
    for typed in typed_params(sig).skip(1) {
        if is_step_context(&typed.ty) {
            errors.report(
                typed,
                Rule::Shape,
                "the step context is not the first parameter",
                "make `&StepContext` the first parameter; the runtime fills it in",
            );
        }
    }
}

/// Checks the signature of a `#[durable_workflow]`.
pub(crate) fn workflow(sig: &Signature, errors: &mut Errors) {
    any(sig, errors);
    if let Some(receiver) = sig.receiver() {
        errors.report(
            receiver,
            Rule::Shape,
            "a workflow can't be a method",
            "make it a free function, and call that",
        );
    }
    for extra in typed_params(sig).filter(|typed| !is_state(typed)).skip(1) {
        errors.report(
            extra,
            Rule::Shape,
            "a workflow takes one input",
            "put the inputs in one struct; mark what the host provides `#[state]`",
        );
    }
    for typed in typed_params(sig) {
        if let Type::Reference(reference) = &*typed.ty
            && reference.mutability.is_some()
        {
            errors.report(
                reference,
                Rule::Shape,
                "a workflow can't change what its caller owns",
                "take the value itself, and return what has changed",
            );
        }
    }
}

/// Checks the signature of an async `#[durable_helper]`.
pub(crate) fn helper(sig: &Signature, errors: &mut Errors) {
    any(sig, errors);
    if let Some(receiver) = sig.receiver() {
        errors.report(
            receiver,
            Rule::Shape,
            "an async helper can't be a method",
            "make it a free function that takes the value as its first parameter",
        );
    }
    for typed in typed_params(sig).filter(|typed| is_state(typed)) {
        errors.report(
            typed,
            Rule::Shape,
            "`#[state]` marks a parameter of a workflow, and this is a helper",
            "remove the attribute: a helper's caller passes every argument",
        );
    }
}

/// Whether the host provides this parameter.
pub(crate) fn is_state(typed: &PatType) -> bool {
    typed.attrs.iter().any(|attr| attr.path().is_ident("state"))
}

/// What no annotated function may be, whichever attribute it has.
fn any(sig: &Signature, errors: &mut Errors) {
    let name = &sig.ident;
    if sig.asyncness.is_none() {
        let what = format!("`{name}` is not an `async fn`");
        errors.report(
            sig.fn_token,
            Rule::Shape,
            what,
            format!("write `async fn {name}(..)`"),
        );
    }
    for (token, word) in qualifiers(sig) {
        errors.report(
            token,
            Rule::Shape,
            format!("`{name}` can't be `{word}`"),
            format!("remove `{word}`"),
        );
    }
    if let Some(variadic) = &sig.variadic {
        errors.report(
            variadic,
            Rule::Shape,
            format!("`{name}` can't be variadic"),
            "take a `Vec` or a slice",
        );
    }
    for typed in typed_params(sig) {
        for found in impl_traits(&typed.ty) {
            errors.report(
                found,
                Rule::Shape,
                "`impl Trait` can't be the type of an argument here",
                format!("name the type: `async fn {name}<T: Trait>(x: T)`"),
            );
        }
    }
    if let ReturnType::Type(_, ty) = &sig.output {
        for found in impl_traits(ty) {
            errors.report(
                found,
                Rule::Shape,
                "what is recorded has one known type, so it can't be `impl Trait`",
                "write the type that is returned",
            );
        }
    }
}

fn qualifiers(sig: &Signature) -> Vec<(TokenStream, &'static str)> {
    let mut found = Vec::new();
    if let Some(token) = &sig.constness {
        found.push((token.to_token_stream(), "const"));
    }
    if let Safety::Unsafe(token) = &sig.safety {
        found.push((token.to_token_stream(), "unsafe"));
    }
    if let Some(abi) = &sig.abi {
        found.push((abi.to_token_stream(), "extern"));
    }
    found
}

/// Whether the receiver is a shared reference, which a body can take again on each attempt.
fn is_shared(receiver: &Receiver) -> bool {
    match &receiver.kind {
        ReceiverKind::Reference(_, _, mutability) => mutability.is_none(),
        ReceiverKind::Typed(_, ty) => {
            matches!(&**ty, Type::Reference(reference) if reference.mutability.is_none())
        }
        _ => false,
    }
}

/// The outermost `impl Trait`s in a type.
fn impl_traits(ty: &Type) -> Vec<TypeImplTrait> {
    struct Finder(Vec<TypeImplTrait>);
    impl Visit<'_> for Finder {
        fn visit_type_impl_trait(&mut self, found: &TypeImplTrait) {
            self.0.push(found.clone());
        }
    }
    let mut finder = Finder(Vec::new());
    finder.visit_type(ty);
    finder.0
}

/// Whether a parameter has no type that another item could name.
pub(crate) fn takes_impl_trait(sig: &Signature) -> bool {
    typed_params(sig).any(|typed| !impl_traits(&typed.ty).is_empty())
}

/// Whether the return type names no type at all, so that nothing can be expanded from it.
pub(crate) fn returns_impl_trait(sig: &Signature) -> bool {
    matches!(&sig.output, ReturnType::Type(_, ty) if !impl_traits(ty).is_empty())
}
