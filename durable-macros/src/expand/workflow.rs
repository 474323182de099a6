//! Expands `#[durable_workflow]`.

use durable_lock::manifest::Item;
use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::ext::IdentExt as _;
use syn::visit::Visit;
use syn::{Attribute, FnArg, GenericParam, Lifetime, Path, Type, TypeReference};

use super::call::Call;
use super::{common, definition, fallback, round_trip};
use crate::body;
use crate::diag::Errors;
use crate::input::{self, Function, Param, span_of};
use crate::options::Placed;
use crate::options::workflow::{self, OnDivergence, Options};
use crate::rules::{self, names::Names};
use crate::sites::Table;
use crate::skeleton::write;
use crate::surroundings::Surroundings;
use crate::validate;

/// `#[durable_workflow(options)] item`.
pub(crate) fn expand(options: TokenStream, item: TokenStream) -> TokenStream {
    expand_within(options, item, None, &Surroundings::read())
}

/// The same in these surroundings and among these names; without them, those of the file that the item stands in.
pub(crate) fn expand_within(
    options: TokenStream,
    item: TokenStream,
    names: Option<Names>,
    surroundings: &Surroundings,
) -> TokenStream {
    let mut function = match syn::parse2::<Function>(item.clone()) {
        Ok(function) => function,
        Err(error) => return fallback::untouched(item, &error),
    };
    let mut errors = Errors::new();
    let options = workflow::parse(options, &mut errors);
    validate::workflow(&function.sig, &mut errors);
    let name = match &options.name {
        Some(name) => name.value(),
        None => function.sig.ident.unraw().to_string(),
    };
    let mut table = Table::new(&*name, surroundings);
    let Function {
        attrs, sig, body, ..
    } = &mut function;
    let names = names.unwrap_or_else(|| rules::source::around(sig));
    let losses = round_trip::warnings(sig, || names.clone());
    let seen = rules::check(attrs, sig, &mut body.block, names, &mut errors);
    let wanted = surroundings.manifests.as_deref();
    let nodes = body::rewrite(
        &mut body.block,
        &sig.ident,
        &mut table,
        &seen,
        wanted.is_some(),
        &mut errors,
    );
    if !body.half_typed && errors.is_empty() {
        table.check_lock(&sig.ident, &mut errors);
    }
    if let Some(folder) = wanted {
        let item = Item::Workflow {
            name: name.clone(),
            body: nodes,
        };
        write::write(folder, &sig.ident, item, seen.exceptions, &mut errors);
    }
    let sound = errors.is_empty();
    // In an editor a mistake is no reason to stop helping with everything else.
    let keeps_body = sound || function.body.half_typed || surroundings.editor;
    let statements = keeps_body.then(|| function.body.statements());
    let function = if function.sig.receiver().is_some() {
        method(&function)
    } else {
        Workflow {
            function: &function,
            options: &options,
            name: &name,
            table: &table,
            surroundings,
            sound,
            losses,
            output: if validate::returns_impl_trait(&function.sig) {
                syn::parse_quote!(())
            } else {
                input::output(&function.sig)
            },
            params: input::typed_params(&function.sig)
                .enumerate()
                .map(|(index, typed)| Param::new(index, typed))
                .collect(),
        }
        .expand(statements)
    };
    let errors = errors.into_compile_errors();
    quote!(#function #errors)
}

/// A method, which is refused: the struct can't stand where it stands, so nothing is expanded.
fn method(function: &Function) -> TokenStream {
    let Function {
        attrs, vis, sig, ..
    } = function;
    let body = fallback::diverging_body();
    let lints = fallback::quiet();
    let mut sig = sig.clone();
    for arg in &mut sig.inputs {
        if let FnArg::Typed(typed) = arg {
            typed.attrs.retain(|attr| !attr.path().is_ident("state"));
        }
    }
    quote!(#(#attrs)* #lints #vis #sig { #body })
}

struct Workflow<'a> {
    function: &'a Function,
    options: &'a Options,
    name: &'a str,
    table: &'a Table,
    surroundings: &'a Surroundings,
    /// Whether the function has no mistake.
    sound: bool,
    /// Statements that warn of what the result loses.
    losses: TokenStream,
    output: Type,
    params: Vec<Param>,
}

impl Workflow<'_> {
    fn expand(&self, statements: Option<TokenStream>) -> TokenStream {
        let definition = self.definition();
        let root = self.is_root().then(|| self.root());
        let call = self.call(statements);
        let replays = self.surroundings.replay_tests && self.sound && self.is_root();
        let test = replays.then(|| self.replay_test());
        // The body comes first, because nothing in front of the cursor may depend on what is behind it: see `Surroundings::editor`.
        quote!(#call #definition #root #test)
    }

    /// A test that replays what `cargo durable replay` lists.
    fn replay_test(&self) -> TokenStream {
        let (ident, conditions) = (self.ident(), self.conditions());
        let name = format_ident!("__durable_replay_{}", ident.unraw());
        let states = input::typed_params(&self.function.sig)
            .filter(|typed| validate::is_state(typed))
            .map(|typed| owned(&typed.ty).0);
        quote! {
            #(#conditions)*
            #[cfg(test)]
            #[test]
            fn #name() {
                use ::durable_runtime::__private as __dw;
                #[allow(unused_imports)]
                use __dw::NoDefaultState as _;
                __dw::replay_test::<#ident>(|| {
                    let state = ::durable_runtime::State::new();
                    #(let state = __dw::DefaultState::<#states>::new().add(state);)*
                    state
                });
            }
        }
    }

    fn ident(&self) -> &Ident {
        &self.function.sig.ident
    }

    /// The attributes that decide whether the function exists, which hold for all of it.
    fn conditions(&self) -> Vec<&Attribute> {
        let attrs = self.function.attrs.iter();
        attrs.filter(|attr| attr.path().is_ident("cfg")).collect()
    }

    /// The struct of the function's name, with everything that is known while compiling.
    fn definition(&self) -> TokenStream {
        let (ident, vis, conditions) = (self.ident(), &self.function.vis, self.conditions());
        let name = self.name;
        let on_divergence = match self.options.on_divergence {
            OnDivergence::Retry => quote!(Retry),
            OnDivergence::Fail => quote!(Fail),
        };
        let codec = self.options.codec.as_ref().map(codec);
        let constants = definition::constants(name, self.table, &on_divergence, codec);
        let tracked = self.surroundings.tracked();
        quote! {
            #tracked

            #(#conditions)*
            #[doc(hidden)]
            #[allow(non_camel_case_types, dead_code)]
            #[derive(
                ::core::fmt::Debug,
                ::core::clone::Clone,
                ::core::marker::Copy,
            )]
            #vis struct #ident {}

            #(#conditions)*
            #[automatically_derived]
            impl #ident {
                #constants
            }
        }
    }

    /// Whether the workflow can be started by itself. Generic ones have no one input and output, and
    /// neither has one whose input borrows: they are called by other workflows.
    fn is_root(&self) -> bool {
        let generic = self
            .function
            .sig
            .generics
            .params
            .iter()
            .any(|param| !matches!(param, GenericParam::Lifetime(_)));
        let borrows = self
            .params
            .iter()
            .any(|param| borrows(&owned(param.ty()).0));
        !generic && !borrows && !validate::takes_impl_trait(&self.function.sig)
    }

    /// `impl Workflow for name`, through which a host starts it.
    fn root(&self) -> TokenStream {
        let (ident, output, conditions) = (self.ident(), &self.output, self.conditions());
        let [input, state] = ["__dw_input", "__dw_state"].map(hidden);
        let outcome = common::outcome(self.options.outcome, output);
        let mut input_type = quote!(());
        let mut states = TokenStream::new();
        let mut args = Vec::new();
        for (number, param) in self.params.iter().enumerate() {
            let (ty, borrow) = owned(param.ty());
            let value = if validate::is_state(&param.typed) {
                let value = hidden(&format!("__dw_state{number}"));
                let get = quote_spanned!(span_of(&ty)=> #state.get::<#ty>());
                states.extend(quote!(let #value = #get?;));
                value
            } else {
                input_type = quote!(#ty);
                input.clone()
            };
            args.push(quote!(#borrow #value));
        }
        let future = if self.sound {
            quote! {
                #states
                ::core::result::Result::Ok(async move { #ident(#(#args),*).__root().await })
            }
        } else {
            let body = common::body(
                ident,
                output,
                &TokenStream::new(),
                &fallback::diverging_body(),
            );
            quote!(::core::result::Result::Ok(#body))
        };
        quote! {
            #(#conditions)*
            #[automatically_derived]
            impl ::durable_runtime::Workflow for #ident {
                type Input = #input_type;
                type Output = #output;
                const DEFINITION: &'static ::durable_runtime::Definition = Self::__DW_DEFINITION;

                fn __outcome() -> ::durable_runtime::__private::Outcome<Self::Output> {
                    #outcome
                }

                #[allow(unused_variables)]
                fn __start(
                    #input: Self::Input,
                    #state: &::durable_runtime::State,
                ) -> ::core::result::Result<
                    impl ::core::future::Future<Output = Self::Output>
                        + ::core::marker::Send
                        + 'static,
                    ::durable_runtime::MissingState,
                > {
                    #future
                }
            }
        }
    }

    /// The function of the user's name and parameters.
    fn call(&self, statements: Option<TokenStream>) -> TokenStream {
        let ident = self.ident();
        let opaque = common::opaque(&self.output);
        let outcome = common::outcome(self.options.outcome, &self.output);
        Call {
            function: self.function,
            output: &self.output,
            params: &self.params,
            returns: quote!(::durable_runtime::WorkflowCall<#ident, #opaque>),
            editor: self.surroundings.editor,
            items: self.losses.clone(),
            constructor: quote!(__dw::new_workflow),
            leading: quote!(#ident::__DW_DEFINITION, #outcome,),
        }
        .expand(statements)
    }
}

/// The default codec. A function gives it, because a constant can't refer to what is made at run time.
fn codec(path: &Placed<Path>) -> TokenStream {
    let (value, span) = (&path.value, path.span);
    let reference = quote_spanned!(span=> &#value);
    quote!(.__codec(|| -> &'static dyn ::durable_runtime::Codec { #reference }))
}

fn hidden(name: &str) -> Ident {
    format_ident!("{name}", span = Span::mixed_site())
}

/// The type a host holds for a parameter, and the `&` that makes an argument of it.
fn owned(ty: &Type) -> (Type, Option<TokenStream>) {
    let Type::Reference(reference) = ty else {
        return (ty.clone(), None);
    };
    let owned = match &*reference.elem {
        Type::Path(path) if path.path.is_ident("str") => {
            syn::parse_quote_spanned!(span_of(path)=> ::std::string::String)
        }
        Type::Slice(slice) => {
            let elem = &slice.elem;
            syn::parse_quote_spanned!(span_of(slice)=> ::std::vec::Vec<#elem>)
        }
        other => other.clone(),
    };
    (owned, Some(quote!(&)))
}

/// Whether a type borrows from somebody, as far as its text tells.
fn borrows(ty: &Type) -> bool {
    struct Finder(bool);
    impl Visit<'_> for Finder {
        fn visit_lifetime(&mut self, lifetime: &Lifetime) {
            self.0 |= lifetime.ident != "static";
        }
        fn visit_type_reference(&mut self, reference: &TypeReference) {
            self.0 |= reference.lifetime.is_none();
            syn::visit::visit_type_reference(self, reference);
        }
    }
    let mut finder = Finder(false);
    finder.visit_type(ty);
    finder.0
}
