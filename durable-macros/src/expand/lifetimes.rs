//! One lifetime that everything a workflow borrows outlives.
//!
//! A workflow's future is boxed, so that a workflow can call itself. The box has a lifetime, and the
//! returned type may only hold lifetimes that the signature names.

use proc_macro2::Span;
use syn::visit_mut::{self, VisitMut};
use syn::{
    GenericParam, Generics, Lifetime, LifetimeParam, ParenthesizedGenericArguments, Type,
    TypeFnPtr, TypeParamBound, TypeReference, WherePredicate, parse_quote,
};

/// The outer signature's generics and parameter types with every lifetime named.
pub(crate) struct Named {
    pub(crate) generics: Generics,
    /// The parameters' types, in their order.
    pub(crate) types: Vec<Type>,
    /// How long the boxed future lives.
    pub(crate) future: Lifetime,
}

/// Names the elided lifetimes of `types`, and adds one that all of them and all of `generics` outlive.
pub(crate) fn name<'a>(generics: &Generics, types: impl Iterator<Item = &'a Type>) -> Named {
    let mut namer = Namer { fresh: Vec::new() };
    let types: Vec<_> = types
        .map(|ty| {
            let mut ty = ty.clone();
            namer.visit_type_mut(&mut ty);
            ty
        })
        .collect();
    let mut generics = generics.clone();
    let fresh = namer.fresh.into_iter().map(LifetimeParam::new);
    let mut params: Vec<_> = fresh
        .map(GenericParam::Lifetime)
        .chain(generics.params)
        .collect();
    let future = Lifetime::new("'__dw", Span::call_site());
    let mut predicates = Vec::new();
    let mut outlived = false;
    for param in &mut params {
        match param {
            GenericParam::Lifetime(param) => {
                param.colon_token.get_or_insert_default();
                param.bounds.push(future.clone());
                outlived = true;
            }
            // Beside the bounds that are there: to spread them is bad style, and linted against.
            GenericParam::Type(param) if !param.bounds.is_empty() => {
                param.bounds.push(TypeParamBound::Lifetime(future.clone()));
                outlived = true;
            }
            GenericParam::Type(param) => {
                let ident = &param.ident;
                predicates.push(parse_quote!(#ident: #future));
                outlived = true;
            }
            GenericParam::Const(_) => {}
        }
    }
    if !outlived {
        generics.params = params.into_iter().collect();
        let future = Lifetime::new("'static", Span::call_site());
        return Named {
            generics,
            types,
            future,
        };
    }
    params.insert(
        0,
        GenericParam::Lifetime(LifetimeParam::new(future.clone())),
    );
    generics.lt_token.get_or_insert_default();
    generics.gt_token.get_or_insert_default();
    generics.params = params.into_iter().collect();
    if !predicates.is_empty() {
        generics
            .make_where_clause()
            .predicates
            .extend::<Vec<WherePredicate>>(predicates);
    }
    Named {
        generics,
        types,
        future,
    }
}

/// Gives each elided lifetime of a parameter's type a name, as the compiler does.
struct Namer {
    fresh: Vec<Lifetime>,
}

impl Namer {
    fn fresh(&mut self, span: Span) -> Lifetime {
        let lifetime = Lifetime::new(&format!("'__dw{}", self.fresh.len()), span);
        self.fresh.push(lifetime.clone());
        lifetime
    }
}

impl VisitMut for Namer {
    fn visit_type_reference_mut(&mut self, reference: &mut TypeReference) {
        if reference.lifetime.is_none() {
            reference.lifetime = Some(self.fresh(reference.and_token.span));
        }
        visit_mut::visit_type_reference_mut(self, reference);
    }

    fn visit_lifetime_mut(&mut self, lifetime: &mut Lifetime) {
        if lifetime.ident == "_" {
            *lifetime = self.fresh(lifetime.apostrophe);
        }
    }

    // Lifetimes that are elided in these belong to these.
    fn visit_type_fn_ptr_mut(&mut self, _: &mut TypeFnPtr) {}
    fn visit_parenthesized_generic_arguments_mut(&mut self, _: &mut ParenthesizedGenericArguments) {
    }
}
