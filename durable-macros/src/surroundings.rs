//! What an expansion finds around it: the package's lock file, whether somebody asked for manifests, and whether an editor asks.

use std::cell::RefCell;
use std::collections::HashMap;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::LazyLock;
use std::time::SystemTime;

use durable_lock::lock::{Lock, LockError};
use durable_lock::{LOCK_FILE, MANIFEST_DIR, REPLAY_TESTS};
use proc_macro2::TokenStream;
use quote::quote;

/// The package's lock file and the folder for manifests.
#[derive(Clone, Debug, Default)]
pub(crate) struct Surroundings {
    /// The lock file, where there is one.
    lock: Option<Rc<LockFile>>,
    /// Where manifests go, where somebody asked for them.
    pub(crate) manifests: Option<PathBuf>,
    /// Whether a test that replays histories is to stand beside each workflow.
    pub(crate) replay_tests: bool,
    /// Whether an editor asks, and nothing is compiled. The body that it is given is the user's as far as possible: rust-analyzer looks for the cursor
    /// in two expansions, of what is typed and of the same with a name at the cursor, and finds it only where all in front of it is the same in both.
    /// And it looks a token up in all that was made with its span, so a span of the user's is for what the user wrote.
    pub(crate) editor: bool,
}

/// The process of rust-analyzer that expands macros, a part of every toolchain, is called `rust-analyzer-proc-macro-srv`.
static IS_EDITOR: LazyLock<bool> = LazyLock::new(|| {
    env::current_exe().is_ok_and(|program| {
        let name = program.file_stem().and_then(|name| name.to_str());
        name.is_some_and(|name| name.starts_with("rust-analyzer"))
    })
});

/// A lock file as it was read.
#[derive(Debug)]
struct LockFile {
    path: PathBuf,
    changed: Option<SystemTime>,
    lock: Result<Lock, LockError>,
}

thread_local! {
    /// One file locks many workflows, and each asks for it. An editor's process outlives what it has read.
    static FILES: RefCell<HashMap<PathBuf, Rc<LockFile>>> = RefCell::default();
    /// The workflow that reports what is wrong with a lock file: one mistake is one error.
    static REPORTERS: RefCell<HashMap<PathBuf, String>> = RefCell::default();
}

impl Surroundings {
    /// Those of the package that is being compiled.
    pub(crate) fn read() -> Self {
        Self {
            // Integration tests and benchmarks have workflows of their own, of which nothing runs anywhere.
            lock: match env::var_os("CARGO_TARGET_TMPDIR") {
                Some(_) => None,
                None => package_dir().and_then(|dir| read(&dir.join(LOCK_FILE))),
            },
            manifests: env::var_os(MANIFEST_DIR).map(PathBuf::from),
            replay_tests: env::var_os(REPLAY_TESTS).is_some(),
            editor: *IS_EDITOR,
        }
    }

    /// A lock file with this text.
    #[cfg(test)]
    pub(crate) fn locked(text: &str) -> Self {
        let file = LockFile {
            path: PathBuf::from("/package/durable.lock"),
            changed: None,
            lock: Lock::parse(text),
        };
        Self {
            lock: Some(Rc::new(file)),
            ..Self::default()
        }
    }

    /// The lock file's content, where there is one that can be read.
    pub(crate) fn lock(&self) -> Option<&Lock> {
        self.lock.as_ref()?.lock.as_ref().ok()
    }

    /// Whether the lock file is enforced. Not where `cargo durable` compiles to bring it up to date.
    pub(crate) fn enforces(&self) -> bool {
        self.manifests.is_none()
    }

    /// What is wrong with the lock file, if it is this workflow's turn to say so.
    pub(crate) fn broken(&self, workflow: &str) -> Option<&LockError> {
        let file = self.lock.as_ref()?;
        let error = file.lock.as_ref().err()?;
        let reporter = REPORTERS.with_borrow_mut(|reporters| {
            let first = reporters.entry(file.path.clone());
            first.or_insert_with(|| workflow.to_owned()).clone()
        });
        (self.enforces() && reporter == workflow).then_some(error)
    }

    /// What makes Cargo expand a step again when manifests are asked for.
    #[expect(clippy::unused_self, reason = "as its sibling")]
    pub(crate) fn tracked_manifest(&self) -> TokenStream {
        quote!(
            const _: ::core::option::Option<&str> = ::core::option_env!(#MANIFEST_DIR);
        )
    }

    /// What makes Cargo expand again when the lock file changes, or when manifests are asked for.
    pub(crate) fn tracked(&self) -> TokenStream {
        let lock = self.lock.as_ref().and_then(|file| {
            let path = file.path.to_str()?;
            Some(quote!(
                const _: &[u8] = ::core::include_bytes!(#path);
            ))
        });
        quote! {
            const _: [::core::option::Option<&str>; 2] =
                [::core::option_env!(#MANIFEST_DIR), ::core::option_env!(#REPLAY_TESTS)];
            #lock
        }
    }
}

/// The folder of the package that is being compiled.
pub(crate) fn package_dir() -> Option<PathBuf> {
    env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from)
}

fn read(path: &Path) -> Option<Rc<LockFile>> {
    let changed = fs::metadata(path).ok()?.modified().ok();
    FILES.with_borrow_mut(|files| {
        if let Some(known) = files.get(path)
            && known.changed == changed
            && changed.is_some()
        {
            return Some(Rc::clone(known));
        }
        let lock = match fs::read_to_string(path) {
            Ok(text) => Lock::parse(&text),
            Err(cause) => Err(LockError::Unreadable {
                line: 1,
                reason: cause.to_string(),
            }),
        };
        let file = Rc::new(LockFile {
            path: path.to_owned(),
            changed,
            lock,
        });
        files.insert(path.to_owned(), Rc::clone(&file));
        Some(file)
    })
}
