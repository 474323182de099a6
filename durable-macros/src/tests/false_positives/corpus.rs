//! The async functions of a file, as the rules would meet them.

use quote::format_ident;
use syn::visit::{self, Visit};
use syn::visit_mut::{self, VisitMut};
use syn::{
    Block, File, FnArg, FnModifiers, ImplItem, ImplItemFn, Item, ItemFn, ItemMod, Signature, Stmt,
    TraitItem, Type, Visibility,
};

/// A function with a body.
pub(super) struct Candidate {
    /// Modules, type and name below the file.
    pub(super) path: String,
    pub(super) sig: Signature,
    pub(super) block: Block,
}

/// The file with every method as a function beside its `impl`, and with the items that stand in a macro's braces.
///
/// A workflow is a free function, and the rules look for one. A method's new name is one that no path in the file has, so that nothing else gets another
/// meaning.
pub(super) fn flat(file: &File) -> File {
    let mut file = file.clone();
    Flattener::default().visit_file_mut(&mut file);
    file
}

/// All async functions with a body.
pub(super) fn candidates(file: &File) -> Vec<Candidate> {
    let mut finder = Finder::default();
    finder.visit_file(file);
    finder.found
}

#[derive(Default)]
struct Flattener {
    methods: usize,
}

impl Flattener {
    fn items(&mut self, items: Vec<Item>) -> Vec<Item> {
        let mut flat = Vec::new();
        for item in items {
            match &item {
                Item::Macro(found) if found.ident.is_none() => {
                    match syn::parse2::<File>(found.mac.tokens.clone()) {
                        Ok(inner) => flat.extend(self.items(inner.items)),
                        Err(_) => flat.push(item),
                    }
                    continue;
                }
                Item::Impl(found) => {
                    let owner = owner(&found.self_ty);
                    for inner in &found.items {
                        if let ImplItem::Fn(ImplItemFn { sig, block, .. }) = inner {
                            flat.push(self.function(&owner, sig, block));
                        }
                    }
                }
                Item::Trait(found) => {
                    for inner in &found.items {
                        if let TraitItem::Fn(inner) = inner
                            && let Some(block) = &inner.default
                        {
                            flat.push(self.function(&found.ident.to_string(), &inner.sig, block));
                        }
                    }
                }
                _ => {}
            }
            flat.push(item);
        }
        flat
    }

    fn function(&mut self, owner: &str, sig: &Signature, block: &Block) -> Item {
        self.methods += 1;
        let mut sig = sig.clone();
        sig.ident = format_ident!("__of_{}_{owner}__{}", self.methods, sig.ident);
        let typed = sig.inputs.into_iter();
        sig.inputs = typed
            .filter(|input| matches!(input, FnArg::Typed(_)))
            .collect();
        Item::Fn(ItemFn {
            attrs: Vec::new(),
            vis: Visibility::Inherited,
            modifiers: FnModifiers::default(),
            sig,
            block: Box::new(block.clone()),
        })
    }
}

fn owner(ty: &Type) -> String {
    match ty {
        Type::Path(found) => crate::body::tokens::last_segment(&found.path),
        Type::Reference(found) => owner(&found.elem),
        _ => "type".to_owned(),
    }
}

impl VisitMut for Flattener {
    fn visit_file_mut(&mut self, file: &mut File) {
        file.items = self.items(std::mem::take(&mut file.items));
        visit_mut::visit_file_mut(self, file);
    }

    fn visit_item_mod_mut(&mut self, module: &mut ItemMod) {
        if let Some((_, items)) = &mut module.content {
            *items = self.items(std::mem::take(items));
        }
        visit_mut::visit_item_mod_mut(self, module);
    }

    // What stands in them has been copied.
    fn visit_item_impl_mut(&mut self, _: &mut syn::ItemImpl) {}
    fn visit_item_trait_mut(&mut self, _: &mut syn::ItemTrait) {}

    fn visit_block_mut(&mut self, block: &mut Block) {
        let mut stmts = Vec::new();
        for stmt in std::mem::take(&mut block.stmts) {
            match stmt {
                Stmt::Item(item @ (Item::Impl(_) | Item::Trait(_))) => {
                    stmts.extend(self.items(vec![item]).into_iter().map(Stmt::Item));
                }
                other => stmts.push(other),
            }
        }
        block.stmts = stmts;
        visit_mut::visit_block_mut(self, block);
    }
}

#[derive(Default)]
struct Finder {
    path: Vec<String>,
    found: Vec<Candidate>,
}

impl Finder {
    fn shown(sig: &Signature) -> String {
        let name = sig.ident.to_string();
        let method = name.strip_prefix("__of_").and_then(|rest| {
            let (_, rest) = rest.split_once('_')?;
            let (owner, name) = rest.split_once("__")?;
            Some(format!("{owner}::{name}"))
        });
        method.unwrap_or(name)
    }
}

impl Visit<'_> for Finder {
    fn visit_item_mod(&mut self, module: &ItemMod) {
        self.path.push(module.ident.to_string());
        visit::visit_item_mod(self, module);
        self.path.pop();
    }

    // Its methods stand beside it as functions.
    fn visit_item_impl(&mut self, _: &syn::ItemImpl) {}
    fn visit_item_trait(&mut self, _: &syn::ItemTrait) {}

    fn visit_item_fn(&mut self, function: &ItemFn) {
        self.path.push(Self::shown(&function.sig));
        if function.sig.asyncness.is_some() {
            self.found.push(Candidate {
                path: self.path.join("::"),
                sig: function.sig.clone(),
                block: (*function.block).clone(),
            });
        }
        visit::visit_item_fn(self, function);
        self.path.pop();
    }
}
