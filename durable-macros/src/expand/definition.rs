//! What is known about a workflow or an async helper while compiling, as constants.

use proc_macro2::{Ident, Literal, TokenStream};
use quote::{format_ident, quote};

use crate::sites::Table;

/// The constant that refers to a row of the table. An index in the body would be checked there, which costs the compiler a tenth of its time for a workflow of a
/// thousand steps.
pub(crate) fn row(number: usize) -> Ident {
    format_ident!("__DW_SITE_{number}")
}

/// The table of sites and the definition, as constants of the type that they belong to. `more` is called on the definition.
pub(super) fn constants(
    name: &str,
    table: &Table,
    on_divergence: &TokenStream,
    more: Option<TokenStream>,
) -> TokenStream {
    let rows = table.expand();
    let count = Literal::usize_unsuffixed(table.rows().len());
    let indices = (0..table.rows().len()).map(Literal::usize_unsuffixed);
    let names = (0..table.rows().len()).map(row);
    let slots = Literal::usize_unsuffixed(table.slots());
    let retired = table.retired();
    let retired = (!retired.is_empty()).then(|| {
        let ids = retired.iter().map(|id| Literal::byte_string(id));
        quote! {
            .__retired({
                const RETIRED: &[[u8; 16]] = &[#(*#ids),*];
                RETIRED
            })
        }
    });
    quote! {
        #[doc(hidden)]
        pub const __DW_SITES: &'static [::durable_runtime::__private::Site; #count] = &[#rows];
        #(#[doc(hidden)] pub const #names: &'static ::durable_runtime::__private::Site = &Self::__DW_SITES[#indices];)*
        #[doc(hidden)]
        pub const __DW_DEFINITION: &'static ::durable_runtime::Definition =
            &::durable_runtime::Definition::__new(
                #name,
                ::core::file!(),
                Self::__DW_SITES,
                #slots,
                ::durable_runtime::OnDivergence::#on_divergence,
            )#retired #more;
    }
}
