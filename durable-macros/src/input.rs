//! The input model: the annotated function, with a body that may not parse yet.

use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::parse::{Parse, ParseStream, Parser as _};
use syn::spanned::Spanned as _;
use syn::{
    Attribute, Block, Expr, FnArg, Pat, PatType, ReturnType, Signature, Stmt, Type, Visibility,
    token,
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
    /// The attributes at its top, which stay there.
    pub(crate) inner_attrs: Vec<Attribute>,
    pub(crate) block: Block,
    /// Somebody is typing: some of the statements do not parse, and are kept as tokens.
    pub(crate) half_typed: bool,
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
            body: Body::new(&body)?,
        })
    }
}

impl Body {
    fn new(group: &Group) -> syn::Result<Self> {
        let parse = |input: ParseStream<'_>| {
            let inner_attrs = input.call(Attribute::parse_inner)?;
            let rest: TokenStream = input.parse()?;
            Ok((inner_attrs, rest))
        };
        let (inner_attrs, rest) = parse.parse2(group.stream())?;
        let (stmts, half_typed) = match Block::parse_within.parse2(rest.clone()) {
            Ok(stmts) => (stmts, false),
            Err(_) => (half_typed(rest), true),
        };
        let brace_token = token::Brace(group.span());
        Ok(Self {
            inner_attrs,
            block: Block { brace_token, stmts },
            half_typed,
        })
    }

    /// The statements as tokens, without the braces.
    pub(crate) fn statements(&self) -> TokenStream {
        let stmts = &self.block.stmts;
        stmts.iter().map(ToTokens::to_token_stream).collect()
    }
}

/// The statements of a body that does not parse.
///
/// A statement that does not parse keeps its tokens, so that an editor can complete it; the others
/// are what they will be when it is finished. The compiler reports the mistake by itself: it has read
/// the function before it asks for the expansion.
fn half_typed(tokens: TokenStream) -> Vec<Stmt> {
    let mut statements = vec![TokenStream::new()];
    for tree in tokens {
        let ends = matches!(&tree, TokenTree::Punct(punct) if punct.as_char() == ';');
        if let Some(last) = statements.last_mut() {
            last.extend([tree]);
        }
        if ends {
            statements.push(TokenStream::new());
        }
    }
    statements
        .into_iter()
        .flat_map(|tokens| {
            Block::parse_within
                .parse2(tokens.clone())
                .unwrap_or_else(|_| vec![Stmt::Expr(Expr::Verbatim(tokens), None)])
        })
        .collect()
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

/// `function(expr, rest)` that stands, for the compiler, exactly where `expr` stands.
///
/// What `expr` lacks is then reported there, and once: the compiler drops an error about the call that
/// says the same of the same place as one about the argument.
pub(crate) fn call_at(
    expr: &impl ToTokens,
    function: impl FnOnce(Span) -> TokenStream,
    rest: impl ToTokens,
) -> TokenStream {
    let tokens = expr.to_token_stream();
    let (_, last) = ends(&tokens);
    let mut arguments = Group::new(Delimiter::Parenthesis, quote!(#tokens #rest));
    arguments.set_span(last);
    let mut call = stretch(function(last), &tokens);
    call.extend([TokenTree::Group(arguments)]);
    call
}

/// `tokens`, which have the span of one token, as a text that covers all of `over`: its first token
/// starts where `over` starts, and the last one ends where it ends.
///
/// A span of several tokens can't be made; the compiler makes it of the first and the last one.
pub(crate) fn stretch(tokens: TokenStream, over: &impl ToTokens) -> TokenStream {
    let (first, last) = ends(&over.to_token_stream());
    let mut trees: Vec<_> = tokens.into_iter().collect();
    let at = |tree: &mut TokenTree, span: Span| tree.set_span(tree.span().located_at(span));
    if let Some(tree) = trees.last_mut() {
        at(tree, last);
    }
    if let Some(tree) = trees.first_mut() {
        at(tree, first);
    }
    trees.into_iter().collect()
}

/// The spans of the first and of the last token, brackets counted as such.
fn ends(tokens: &TokenStream) -> (Span, Span) {
    let mut spans = tokens.clone().into_iter().map(|tree| match tree {
        TokenTree::Group(group) => (group.span_open(), group.span_close()),
        other => (other.span(), other.span()),
    });
    let (first, mut last) = spans
        .next()
        .unwrap_or_else(|| (Span::call_site(), Span::call_site()));
    if let Some((_, end)) = spans.last() {
        last = end;
    }
    (first, last)
}
