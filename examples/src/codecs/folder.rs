//! [`FolderStore`]: objects as files.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use super::object_store::{ObjectStore, StoreError, StoreFuture};

/// Keeps each object in a file of a folder. What can be read is whole, whenever the process or the machine dies: a file gets its name when its
/// content is on the disk.
#[derive(Clone, Debug)]
pub struct FolderStore {
    folder: PathBuf,
}

impl FolderStore {
    /// A store in this folder, which is made if there is none.
    ///
    /// # Errors
    /// When the folder can't be made.
    pub fn open(folder: impl Into<PathBuf>) -> io::Result<Self> {
        let folder = folder.into();
        fs::create_dir_all(&folder)?;
        Ok(Self { folder })
    }

    fn write(path: &Path, object: &[u8]) -> io::Result<()> {
        if path.try_exists()? {
            return Ok(());
        }
        let folder = path.parent().unwrap_or_else(|| Path::new("."));
        fs::create_dir_all(folder)?;
        // A name of its own: two steps may write the same object at once.
        let temporary = folder.join(format!(".{}", durable_runtime::uuid().simple()));
        let written = (|| {
            let mut file = File::create_new(&temporary)?;
            file.write_all(object)?;
            file.sync_all()?;
            fs::rename(&temporary, path)?;
            // The name is durable when its folder is.
            File::open(folder)?.sync_all()
        })();
        if written.is_err() {
            // Another try makes another file; this one would only lie about.
            let _ = fs::remove_file(&temporary);
        }
        written
    }
}

impl ObjectStore for FolderStore {
    fn put<'a>(&'a self, key: &'a str, object: Vec<u8>) -> StoreFuture<'a, ()> {
        let path = self.folder.join(key);
        Box::pin(async move { run(key, "written", move || Self::write(&path, &object)).await })
    }

    fn get<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Option<Vec<u8>>> {
        let path = self.folder.join(key);
        Box::pin(async move {
            let read = run(key, "read", move || match fs::read(path) {
                Ok(object) => Ok(Some(object)),
                Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
                Err(error) => Err(error),
            });
            read.await
        })
    }

    fn place(&self) -> String {
        self.folder.display().to_string()
    }
}

/// Does file work on a thread for it.
async fn run<T: Send + 'static>(
    key: &str,
    verb: &'static str,
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, StoreError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|stopped| Err(io::Error::other(stopped)))
        .map_err(|source| StoreError {
            key: key.to_owned(),
            verb,
            source,
        })
}
