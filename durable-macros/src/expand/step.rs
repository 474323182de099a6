//! Expands `#[step]`.

use durable_lock::manifest::Item;
use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::{Attribute, PatType, Signature, Type};

use super::{common, fallback, round_trip};
use crate::diag::Errors;
use crate::input::{self, Function, Param};
use crate::options::retry::{Exponential, Jitter, Retry};
use crate::options::step::{self, Options};
use crate::rules::{self, names::Names};
use crate::skeleton::write;
use crate::surroundings::Surroundings;
use crate::validate;

/// `#[step(options)] item`.
pub(crate) fn expand(options: TokenStream, item: TokenStream) -> TokenStream {
    expand_within(options, item, rules::source::around, &Surroundings::read())
}

/// The same among these names, in these surroundings.
pub(crate) fn expand_within(
    options: TokenStream,
    item: TokenStream,
    names: impl FnOnce(&Signature) -> Names,
    surroundings: &Surroundings,
) -> TokenStream {
    let function = match syn::parse2::<Function>(item.clone()) {
        Ok(function) => function,
        Err(error) => return fallback::untouched(item, &error),
    };
    let mut errors = Errors::new();
    let options = step::parse(options, &mut errors);
    validate::step(&function.sig, &mut errors);
    if let Some(folder) = &surroundings.manifests {
        let ident = &function.sig.ident;
        write::write(folder, ident, Item::Step, Vec::new(), &mut errors);
    }
    let keeps_body = errors.is_empty() || function.body.half_typed || surroundings.editor;
    let statements = keeps_body.then(|| function.body.statements());
    let losses = round_trip::warnings(&function.sig, || names(&function.sig));
    let head = Head {
        tracked: surroundings.tracked_manifest(),
        losses,
    };
    let function = emit(&function, &options, &head, statements);
    let errors = errors.into_compile_errors();
    quote!(#function #errors)
}

/// What stands in front of everything else in the function.
struct Head {
    /// What makes Cargo expand it again.
    tracked: TokenStream,
    /// Warnings about its result.
    losses: TokenStream,
}

/// The function that makes the step. Without statements it has the signature and does nothing.
fn emit(
    function: &Function,
    options: &Options,
    head: &Head,
    statements: Option<TokenStream>,
) -> TokenStream {
    let Head { tracked, losses } = head;
    let Function {
        attrs, vis, sig, ..
    } = function;
    let name = &sig.ident;
    let (context, params) = parameters(function);
    let receiver = sig.receiver();
    let declarations = params.iter().map(|param| param.declaration(param.ty()));
    let declarations = receiver
        .map(|receiver| quote!(#receiver))
        .into_iter()
        .chain(declarations);
    let generics = &sig.generics;
    let where_clause = &sig.generics.where_clause;
    let output = if validate::returns_impl_trait(sig) {
        syn::parse_quote!(())
    } else {
        input::output(sig)
    };
    let opaque = common::opaque(&output);
    let outcome = common::outcome(options.outcome, &output);
    let meta = meta(function, options);
    let (lints, held, statements) = match statements {
        Some(statements) => (None, &*params, statements),
        None => (Some(fallback::quiet()), &[][..], fallback::diverging_body()),
    };
    let names = common::names(held);
    let patterns = common::patterns(held);
    let [args, clone, cx] = ["__dw_args", "__dw_clone", "__dw_cx"].map(hidden);
    let prelude = context.map(|context| bind_context(context, &cx));
    let cx_pattern = match prelude {
        Some(_) => quote!(#cx),
        None => quote!(_),
    };
    let body = common::body(name, &output, &prelude.unwrap_or_default(), &statements);
    let builders = builders(options);
    // Here too: what is wrong with the body as a whole is reported at the name.
    let here = Span::call_site().located_at(name.span());
    let made = quote_spanned! {here=>
        __dw::new_step(
            #meta,
            #outcome,
            #args,
            #clone,
            move |#cx_pattern, #patterns| #body,
        )
    };
    let inner: &[Attribute] = &function.body.inner_attrs;
    quote! {
        #(#attrs)*
        #lints
        #vis fn #name #generics (#(#declarations),*) -> ::durable_runtime::Step<#opaque> #where_clause {
            #(#inner)*
            #tracked
            use ::durable_runtime::__private as __dw;
            #losses
            let #args = #names;
            let #clone = __dw::clone_probe!(#args);
            #made
            #builders
        }
    }
}

fn hidden(name: &str) -> Ident {
    Ident::new(name, Span::mixed_site())
}

/// The step context, if the function takes one, and the parameters that a caller passes.
fn parameters(function: &Function) -> (Option<&PatType>, Vec<Param>) {
    let mut typed = input::typed_params(&function.sig).peekable();
    let context = typed.next_if(|first| input::is_step_context(&first.ty));
    let params = typed
        .enumerate()
        .map(|(index, typed)| Param::new(index, typed))
        .collect();
    (context, params)
}

/// `let cx: &StepContext = &..;` with the user's own names.
fn bind_context(context: &PatType, value: &Ident) -> TokenStream {
    let (attrs, pat) = (&context.attrs, &context.pat);
    let mut ty = (*context.ty).clone();
    if let Type::Reference(reference) = &mut ty {
        // It lives as long as the attempt, whatever the signature calls that.
        reference.lifetime = None;
    }
    quote!(#(#attrs)* let #pat: #ty = &#value;)
}

fn meta(function: &Function, options: &Options) -> TokenStream {
    let name = match &options.name {
        Some(name) => quote!(#name),
        None => {
            let ident = &function.sig.ident;
            let name = syn::ext::IdentExt::unraw(ident).to_string();
            quote_spanned!(ident.span()=> #name)
        }
    };
    let semantics = options
        .at_most_once
        .then(|| quote!(.semantics(__dw::Semantics::AtMostOnce)));
    quote!(const { __dw::StepMeta::new(#name) #semantics })
}

/// One call per option, with the option's own span.
fn builders(options: &Options) -> TokenStream {
    let mut calls = TokenStream::new();
    if let Some(retry) = &options.retry {
        let span = retry.span;
        calls.extend(match &retry.value {
            Retry::Default => TokenStream::new(),
            Retry::None => {
                let strategy = quote_spanned!(generated(span)=> __dw::NoRetry);
                quote_spanned!(span=> .retry(#strategy))
            }
            Retry::Exponential(strategy) => {
                let strategy = exponential(strategy, span);
                quote_spanned!(span=> .retry(#strategy))
            }
            Retry::Path(path) => quote_spanned!(span=> .retry(#path)),
        });
    }
    if let Some(path) = &options.retry_if {
        let value = &path.value;
        calls.extend(quote_spanned!(path.span=> .retry_if(#value)));
    }
    if let Some(timeout) = &options.timeout {
        let value = duration(timeout.value, timeout.span);
        calls.extend(quote_spanned!(timeout.span=> .timeout(#value)));
    }
    if let Some(path) = &options.codec {
        let value = &path.value;
        let codec = quote_spanned!(path.span=> &#value);
        calls.extend(quote_spanned!(path.span=> .codec(#codec)));
    }
    calls
}

fn exponential(strategy: &Exponential, span: Span) -> TokenStream {
    let span = generated(span);
    let mut calls = quote_spanned!(span=> __dw::Exponential::new());
    if let Some(attempts) = strategy.max_attempts {
        calls.extend(quote_spanned!(span=> .max_attempts(#attempts)));
    }
    if let Some(delay) = strategy.initial_delay {
        let delay = duration(delay, span);
        calls.extend(quote_spanned!(span=> .initial_delay(#delay)));
    }
    if let Some(delay) = strategy.max_delay {
        let delay = duration(delay, span);
        calls.extend(quote_spanned!(span=> .max_delay(#delay)));
    }
    if let Some(rate) = strategy.backoff_rate {
        calls.extend(quote_spanned!(span=> .backoff_rate(#rate)));
    }
    if let Some(jitter) = strategy.jitter {
        let jitter = format_ident!(
            "{}",
            match jitter {
                Jitter::Full => "Full",
                Jitter::Half => "Half",
                Jitter::None => "None",
            }
        );
        calls.extend(quote_spanned!(span=> .jitter(__dw::Jitter::#jitter)));
    }
    calls
}

/// The place of `span`, without being the user's text: lints about paths are not for them.
fn generated(span: Span) -> Span {
    Span::mixed_site().located_at(span)
}

fn duration(value: std::time::Duration, span: Span) -> TokenStream {
    let span = generated(span);
    let seconds = value.as_secs();
    let nanos = value.subsec_nanos();
    match u64::try_from(value.as_millis()) {
        Ok(millis) if nanos.is_multiple_of(1_000_000) => {
            quote_spanned!(span=> ::core::time::Duration::from_millis(#millis))
        }
        _ => quote_spanned!(span=> ::core::time::Duration::new(#seconds, #nanos)),
    }
}
