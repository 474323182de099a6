//! Compile-fail and compile-pass cases of the macros; the cases live in `tests/`.

/// The pages in `docs/diagnostics`: what they show as broken must not compile, and what they offer instead must.
#[cfg(doctest)]
mod pages {
    macro_rules! pages {
        ($($name:ident)*) => {$(
            #[doc = include_str!(concat!("../../docs/diagnostics/", stringify!($name), ".md"))]
            mod $name {}
        )*};
    }
    pages! {
        DW001 DW002 DW003 DW004 DW005 DW006 DW007 DW008 DW009 DW010
        DW011 DW012 DW013 DW014 DW015 DW016 DW018 DW019 DW020 DW021
        DW022 DW023 DW024 DW025 DW026 DW027 DW028
    }
}
