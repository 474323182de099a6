//! The input model: the annotated function, with a body that may not parse yet.

use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::parse::{Parse, ParseStream, Parser as _};
use syn::spanned::Spanned as _;
use syn::{
    Attribute, Block, FnArg, Pat, PatType, ReturnType, Signature, Stmt, Type, Visibility, token,
};

/// An annotated function.
pub(crate) struct Function {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) vis: Visibility,
    pub(crate) sig: Signature,
    pub(crate) body: Body,
}

/// The function's body.
pub(crate) struct Body {
    /// The braces with everything in them, for the span and for a body that does not parse.
    pub(crate) group: Group,
    pub(crate) content: Content,
}

/// What is between the braces.
pub(crate) enum Content {
    /// Inner attributes and statements.
    Parsed(Vec<Attribute>, Block),
    /// Somebody is typing: the tokens are kept as they are, so that an editor can complete them.
    HalfTyped(syn::Error),
}

impl Parse for Function {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let attrs = input.call(Attribute::parse_outer)?;
        let vis = input.parse()?;
        let sig = input.parse()?;
        let body = match input.parse::<TokenTree>()? {
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => group,
            other => {
                return Err(syn::Error::new(
                    other.span(),
                    "expected the function's body",
                ));
            }
        };
        Ok(Self {
            attrs,
            vis,
            sig,
            body: Body::new(body),
        })
    }
}

impl Body {
    fn new(group: Group) -> Self {
        let parse = |input: ParseStream<'_>| {
            let attrs = input.call(Attribute::parse_inner)?;
            let stmts = input.call(Block::parse_within)?;
            Ok((attrs, stmts))
        };
        let content = match parse.parse2(group.stream()) {
            Ok((attrs, stmts)) => {
                let brace_token = token::Brace(group.span());
                Content::Parsed(attrs, Block { brace_token, stmts })
            }
            Err(error) => Content::HalfTyped(error),
        };
        Self { group, content }
    }

    /// The inner attributes, which stay at the top of the expanded body.
    pub(crate) fn inner_attrs(&self) -> &[Attribute] {
        match &self.content {
            Content::Parsed(attrs, _) => attrs,
            Content::HalfTyped(_) => &[],
        }
    }

    /// The statements as tokens, without the braces.
    pub(crate) fn statements(&self) -> TokenStream {
        match &self.content {
            Content::Parsed(_, block) => statements(&block.stmts),
            Content::HalfTyped(_) => self.group.stream(),
        }
    }
}

fn statements(stmts: &[Stmt]) -> TokenStream {
    stmts.iter().map(ToTokens::to_token_stream).collect()
}

/// A parameter that the caller passes.
pub(crate) struct Param {
    /// The name in the expanded signature: the user's, where the pattern is a plain name.
    pub(crate) name: syn::Ident,
    /// The user's pattern, bound where the body runs.
    pub(crate) pat: Pat,
    /// The parameter as written.
    pub(crate) typed: PatType,
}

impl Param {
    /// The `index`th parameter of the caller.
    pub(crate) fn new(index: usize, typed: &PatType) -> Self {
        let name = match &*typed.pat {
            Pat::Ident(pat) if pat.subpat.is_none() => pat.ident.clone(),
            _ => syn::Ident::new(&format!("__dw_arg{index}"), Span::mixed_site()),
        };
        Self {
            name,
            pat: (*typed.pat).clone(),
            typed: typed.clone(),
        }
    }

    /// The parameter's type.
    pub(crate) fn ty(&self) -> &Type {
        &self.typed.ty
    }

    /// The parameter with the user's pattern, where the body is a function.
    pub(crate) fn binding(&self) -> TokenStream {
        let (pat, ty) = (&self.pat, self.ty());
        quote!(#pat: #ty)
    }

    /// The parameter as the expanded signature has it: a plain name with `ty`.
    pub(crate) fn declaration(&self, ty: &Type) -> TokenStream {
        let attrs = self
            .typed
            .attrs
            .iter()
            .filter(|attr| !attr.path().is_ident("state"));
        let name = &self.name;
        quote_spanned!(name.span()=> #(#attrs)* #name: #ty)
    }
}

/// The function's parameters but the receiver.
pub(crate) fn typed_params(sig: &Signature) -> impl Iterator<Item = &PatType> {
    sig.inputs.iter().filter_map(|arg| match arg {
        FnArg::Typed(typed) => Some(typed),
        FnArg::Receiver(_) => None,
    })
}

/// The type the function's body evaluates to; `()` where none is written.
pub(crate) fn output(sig: &Signature) -> Type {
    match &sig.output {
        ReturnType::Type(_, ty) => (**ty).clone(),
        ReturnType::Default => syn::parse_quote_spanned!(sig.paren_token.span.close()=> ()),
    }
}

/// Whether `ty` is a reference to a path that ends in `StepContext`.
pub(crate) fn is_step_context(ty: &Type) -> bool {
    let Type::Reference(reference) = ty else {
        return false;
    };
    match &*reference.elem {
        Type::Path(path) => path
            .path
            .segments
            .last()
            .is_some_and(|segment| segment.ident == "StepContext"),
        _ => false,
    }
}

/// A span that reports at `tokens` in the user's source.
pub(crate) fn span_of(tokens: &impl ToTokens) -> Span {
    tokens.to_token_stream().span()
}
