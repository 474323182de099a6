//! The function that takes the place of a workflow or of an async helper: it makes the call, and its body is a function inside.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::{GenericParam, Signature, Type};

use super::{common, fallback, lifetimes};
use crate::input::{Function, Param};

/// The function of the user's name and parameters.
pub(super) struct Call<'a> {
    pub(super) function: &'a Function,
    pub(super) output: &'a Type,
    pub(super) params: &'a [Param],
    /// What it returns.
    pub(super) returns: TokenStream,
    /// Whether an editor asks.
    pub(super) editor: bool,
    /// Items beside the body.
    pub(super) items: TokenStream,
    /// The runtime's function that makes it.
    pub(super) constructor: TokenStream,
    /// The first arguments of that, with their comma.
    pub(super) leading: TokenStream,
}

impl Call<'_> {
    /// The body is a function of its own, and its future is boxed: that is what lets a workflow call
    /// itself. The type that is returned holds no future then, so whether it is `Send` never depends
    /// on the body that is being checked.
    ///
    /// Without statements it has the signature and does nothing.
    pub(super) fn expand(&self, statements: Option<TokenStream>) -> TokenStream {
        let Function {
            attrs, vis, sig, ..
        } = self.function;
        let Self {
            output,
            returns,
            items,
            constructor,
            leading,
            ..
        } = self;
        let Signature {
            ident, generics, ..
        } = sig;
        let where_clause = &generics.where_clause;
        let named = lifetimes::name(generics, self.params.iter().map(Param::ty));
        let (outer, future) = (&named.generics, &named.future);
        let bounds = &outer.where_clause;
        let declarations = self
            .params
            .iter()
            .zip(&named.types)
            .map(|(param, ty)| param.declaration(ty));
        let (lints, held, statements) = match statements {
            Some(statements) => (None, self.params, statements),
            None => (Some(fallback::quiet()), &[][..], fallback::diverging_body()),
        };
        let bindings = held.iter().map(Param::binding);
        let names = held.iter().map(|param| &param.name);
        let tuple = common::names(held);
        let inner = &self.function.body.inner_attrs;
        // What is wrong with the body as a whole, a value that is not `Send` say, is reported here.
        let here = Span::mixed_site().located_at(ident.span());
        let body = Ident::new("__dw_body", here);
        let boxed = quote_spanned!(here=> ::std::boxed::Box::pin);
        let turbofish = turbofish(generics);
        let mut block = Group::new(Delimiter::Brace, statements);
        if self.editor {
            // What rust-analyzer says about the body as a whole is said there, and not at the attribute.
            block.set_span(self.function.body.block.brace_token.span.join());
        }
        quote! {
            #(#attrs)*
            #lints
            #vis fn #ident #outer (#(#declarations),*) -> #returns #bounds
            {
                #(#inner)*
                use ::durable_runtime::__private as __dw;
                async fn #body #generics (#(#bindings),*) -> #output #where_clause #block
                #items
                #constructor(
                    #leading
                    #tuple,
                    move |#tuple| -> ::core::pin::Pin<::std::boxed::Box<
                        dyn ::core::future::Future<Output = #output> + ::core::marker::Send + #future
                    >> {
                        #boxed(#body #turbofish (#(#names),*))
                    },
                )
            }
        }
    }
}

/// The type and constant parameters, which the arguments alone may not settle.
fn turbofish(generics: &syn::Generics) -> Option<TokenStream> {
    let names: Vec<_> = generics
        .params
        .iter()
        .filter_map(|param| match param {
            GenericParam::Type(param) => Some(&param.ident),
            GenericParam::Const(param) => Some(&param.ident),
            GenericParam::Lifetime(_) => None,
        })
        .collect();
    (!names.is_empty()).then(|| quote!(::<#(#names),*>))
}
