//! Expands `#[durable_helper]`.

use durable_lock::manifest::Item;
use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use syn::ext::IdentExt as _;
use syn::visit_mut::{self, VisitMut};
use syn::{Stmt, Type};

use super::call::Call;
use super::{common, definition, fallback};
use crate::body::{self, ids};
use crate::diag::Errors;
use crate::input::{self, Function, Param};
use crate::options::helper;
use crate::rules::{self, allow};
use crate::sites::Table;
use crate::skeleton::write;
use crate::surroundings::Surroundings;
use crate::validate;

/// `#[durable_helper(options)] item`.
pub(crate) fn expand(options: TokenStream, item: TokenStream) -> TokenStream {
    expand_within(options, item, &Surroundings::read())
}

/// The same in these surroundings.
pub(crate) fn expand_within(
    options: TokenStream,
    item: TokenStream,
    surroundings: &Surroundings,
) -> TokenStream {
    let function = match syn::parse2::<Function>(item.clone()) {
        Ok(function) => function,
        Err(error) => return fallback::untouched(item, &error),
    };
    match function.sig.asyncness {
        Some(_) => durable(options, function, surroundings),
        None => plain(options, function, item, surroundings),
    }
}

/// A plain `fn`: the rules hold in it, and it stays what it is.
fn plain(
    options: TokenStream,
    mut function: Function,
    item: TokenStream,
    surroundings: &Surroundings,
) -> TokenStream {
    let mut errors = Errors::new();
    helper::parse_plain(options, &mut errors);
    let names = rules::source::around(&function.sig);
    let Function {
        attrs, sig, body, ..
    } = &mut function;
    let seen = rules::check(attrs, sig, &mut body.block, names, &mut errors);
    if let Some(folder) = &surroundings.manifests {
        let item = Item::Helper {
            name: function.sig.ident.unraw().to_string(),
            body: Vec::new(),
            is_async: false,
        };
        write::write(
            folder,
            &function.sig.ident,
            item,
            seen.exceptions,
            &mut errors,
        );
    }
    let errors = errors.into_compile_errors();
    if function.body.half_typed {
        return quote!(#item #errors);
    }
    Strip.visit_block_mut(&mut function.body.block);
    let Function {
        attrs, vis, sig, ..
    } = &function;
    let inner = &function.body.inner_attrs;
    let statements = function.body.statements();
    let tracked = surroundings.tracked();
    quote!(#(#attrs)* #vis #sig { #(#inner)* #tracked #statements } #errors)
}

/// Takes `#[allow_durable]` out of every statement, which means nothing to the compiler.
struct Strip;

impl VisitMut for Strip {
    fn visit_stmt_mut(&mut self, stmt: &mut Stmt) {
        if let Some(attrs) = ids::attrs_of_statement(stmt) {
            allow::strip(attrs);
        }
        visit_mut::visit_stmt_mut(self, stmt);
    }
}

/// An `async fn`: its operations are a part of the workflow that awaits it.
fn durable(
    options: TokenStream,
    mut function: Function,
    surroundings: &Surroundings,
) -> TokenStream {
    let mut errors = Errors::new();
    let options = helper::parse(options, &mut errors);
    validate::helper(&function.sig, &mut errors);
    let name = match &options.name {
        Some(name) => name.value(),
        None => function.sig.ident.unraw().to_string(),
    };
    let mut table = Table::new(&*name, surroundings);
    let names = rules::source::around(&function.sig);
    let owner = Ident::new("__DwHelper", Span::mixed_site());
    let wanted = surroundings.manifests.as_deref();
    let Function {
        attrs, sig, body, ..
    } = &mut function;
    let seen = rules::check(attrs, sig, &mut body.block, names, &mut errors);
    let nodes = body::rewrite(
        &mut body.block,
        &owner,
        &mut table,
        &seen,
        wanted.is_some(),
        &mut errors,
    );
    if !body.half_typed && errors.is_empty() {
        table.check_lock(&sig.ident, &mut errors);
    }
    if let Some(folder) = wanted {
        let item = Item::Helper {
            name: name.clone(),
            body: nodes,
            is_async: true,
        };
        write::write(folder, &sig.ident, item, seen.exceptions, &mut errors);
    }
    let keeps_body = errors.is_empty() || function.body.half_typed || surroundings.editor;
    let statements = keeps_body.then(|| function.body.statements());
    let errors = errors.into_compile_errors();
    if function.sig.receiver().is_some() {
        let Function {
            attrs, vis, sig, ..
        } = &function;
        let (body, lints) = (fallback::diverging_body(), fallback::quiet());
        return quote!(#errors #(#attrs)* #lints #vis #sig { #body });
    }
    let output: Type = if validate::returns_impl_trait(&function.sig) {
        syn::parse_quote!(())
    } else {
        input::output(&function.sig)
    };
    let params: Vec<_> = input::typed_params(&function.sig)
        .enumerate()
        .map(|(index, typed)| Param::new(index, typed))
        .collect();
    let opaque = common::opaque(&output);
    let constants = definition::constants(&name, &table, &quote!(Retry), Some(quote!(.__helper())));
    let tracked = surroundings.tracked();
    let call = Call {
        function: &function,
        output: &output,
        params: &params,
        returns: quote!(::durable_runtime::HelperCall<#opaque>),
        editor: surroundings.editor,
        items: quote! {
            #tracked
            struct #owner;
            impl #owner { #constants }
        },
        constructor: quote!(__dw::new_helper),
        leading: quote!(#owner::__DW_DEFINITION,),
    };
    let call = call.expand(statements);
    quote!(#call #errors)
}
