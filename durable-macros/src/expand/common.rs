//! What the expansions of steps and workflows share.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::{Ident, Type};

use crate::input::{Param, span_of, stretch};
use crate::options::Outcome;

/// `outcome!(T)`: how the runtime tells a failure from a value. It has the span of the type, so
/// that the compiler reports there what can't be recorded.
pub(crate) fn outcome(outcome: Outcome, output: &Type) -> TokenStream {
    let span = span_of(output);
    let hint = match outcome {
        Outcome::Inferred => TokenStream::new(),
        Outcome::Fallible => quote_spanned!(span=> fallible),
        Outcome::Plain => quote_spanned!(span=> plain),
    };
    let probe = quote_spanned!(span=> ::durable_runtime::__private::outcome!(#hint #output));
    stretch(probe, output)
}

/// The return type `Wrapper<.., impl StepBody<Output = T>>`.
///
/// The tokens have this crate's edition, so that `impl` captures each lifetime in scope also in a
/// crate of an older edition.
pub(crate) fn opaque(output: &Type) -> TokenStream {
    quote_spanned! {Span::mixed_site()=>
        impl ::durable_runtime::__private::StepBody<Output = #output>
    }
}

/// `async move { .. }` whose result has the type that is written in the signature. Without the
/// first statement the compiler would infer it from the body, and report a mismatch elsewhere.
pub(crate) fn body(
    name: &Ident,
    output: &Type,
    prelude: &TokenStream,
    statements: &TokenStream,
) -> TokenStream {
    let span = span_of(output);
    let result = Ident::new("__dw_result", Span::mixed_site().located_at(span));
    let typed = quote_spanned! {span=>
        #[allow(unreachable_code, clippy::diverging_sub_expression, clippy::empty_loop)]
        if false {
            let #result: #output = loop {};
            return #result;
        }
    };
    // What is wrong with the body as a whole, a value that is not `Send` say, is reported at the name.
    let here = Span::call_site().located_at(name.span());
    quote_spanned!(here=> async move { #typed #prelude #statements })
}

/// The parameters' names as a tuple.
pub(crate) fn names(params: &[Param]) -> TokenStream {
    let names = params.iter().map(|param| &param.name);
    quote!((#(#names,)*))
}

/// The user's patterns as a tuple.
pub(crate) fn patterns(params: &[Param]) -> TokenStream {
    let patterns = params.iter().map(|param| &param.pat);
    quote!((#(#patterns,)*))
}
