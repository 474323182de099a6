//! Two codecs, complete enough to copy: [`ClaimCheck`] keeps large results elsewhere, [`Compressed`] makes them smaller.
//!
//! Both mark what they write with a prefix that no JSON begins with. That is what lets a codec be added to workflows that are running: a record without the
//! mark is one from before, and is taken as it is. It also lets the codec change: the next form gets another mark, and the old one stays readable.

mod claim_check;
mod compressed;
mod folder;
mod object_store;

pub use claim_check::ClaimCheck;
pub use compressed::Compressed;
pub use folder::FolderStore;
pub use object_store::{ObjectStore, StoreError, StoreFuture};
