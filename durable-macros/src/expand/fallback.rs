//! What is emitted beside an error, so that one mistake is one error.

use proc_macro2::TokenStream;
use quote::quote;

/// A body that fits every return type, in place of one with a mistake in it: whoever calls the
/// function still type-checks.
pub(crate) fn diverging_body() -> TokenStream {
    quote!(::core::unreachable!("this function has compile errors"))
}

/// What a body would use is unused without it, which is nobody's mistake.
pub(crate) fn quiet() -> TokenStream {
    quote!(#[allow(unused_variables, unused_mut, clippy::all)])
}

/// The item as it was written, beside the error: an editor completes what is being typed.
pub(crate) fn untouched(item: TokenStream, error: &syn::Error) -> TokenStream {
    let error = error.to_compile_error();
    quote!(#item #error)
}
