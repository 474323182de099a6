//! Writes the manifest of a function where `cargo durable` asked for it.

use std::path::Path;
use std::{env, fs};

use durable_lock::manifest::{Exception, Item, Manifest, VERSION};
use proc_macro2::Ident;
use syn::ext::IdentExt as _;

use crate::diag::Errors;
use crate::surroundings::package_dir;

/// Writes it into the folder. The name says which function it is, so whatever compiles beside this writes another file.
pub(crate) fn write(
    folder: &Path,
    ident: &Ident,
    item: Item,
    exceptions: Vec<Exception>,
    errors: &mut Errors,
) {
    if let Err(told) = try_write(folder, ident, item, exceptions) {
        errors.push(syn::Error::new_spanned(ident, told));
    }
}

fn try_write(
    folder: &Path,
    ident: &Ident,
    item: Item,
    exceptions: Vec<Exception>,
) -> Result<(), String> {
    let start = ident.span().start();
    let variable = |name: &str| env::var(name).unwrap_or_default();
    let manifest = Manifest {
        version: VERSION,
        package: variable("CARGO_PKG_NAME"),
        package_dir: package_dir().unwrap_or_default(),
        krate: variable("CARGO_CRATE_NAME"),
        file: ident
            .span()
            .local_file()
            .map(|file| file.display().to_string())
            .unwrap_or_default(),
        line: u32::try_from(start.line).unwrap_or(u32::MAX),
        function: ident.unraw().to_string(),
        item,
        exceptions,
    };
    let path = folder.join(manifest.file_name());
    let told = |cause: &dyn std::fmt::Display| {
        format!(
            "the manifest can't be written to {}: {cause}",
            path.display()
        )
    };
    let text = serde_json::to_string(&manifest).map_err(|cause| told(&cause))?;
    fs::write(&path, text).map_err(|cause| told(&cause))
}
