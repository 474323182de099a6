//! [`Logs`]: where the output of a function's processes goes, whole line after whole line.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

use parking_lot::Mutex;

/// Cheap to clone; all clones write to one place and never into each other's lines.
#[derive(Clone, Debug)]
pub(super) struct Logs(Arc<Place>);

#[derive(Debug)]
enum Place {
    File(Mutex<File>),
    Stderr { prefix: String },
}

impl Logs {
    pub(super) fn to_file(path: &Path) -> io::Result<Self> {
        let context = |error: io::Error| {
            io::Error::new(
                error.kind(),
                format!("can't write the log {}: {error}", path.display()),
            )
        };
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(context)?;
        }
        let file = OpenOptions::new()
            .create(true)
            .append(true)
            .open(path)
            .map_err(context)?;
        Ok(Self(Arc::new(Place::File(Mutex::new(file)))))
    }

    pub(super) fn to_stderr(function: &str) -> Self {
        Self(Arc::new(Place::Stderr {
            prefix: format!("{function} | "),
        }))
    }

    /// Appends whole lines, each with its line feed. A log that can't be written any more (a full disk) is no reason to stop a function.
    pub(super) fn write(&self, lines: &[u8]) {
        let written = match &*self.0 {
            Place::File(file) => file.lock().write_all(lines),
            Place::Stderr { prefix } => {
                let mut out = Vec::with_capacity(lines.len() + prefix.len());
                for line in lines.split_inclusive(|byte| *byte == b'\n') {
                    out.extend_from_slice(prefix.as_bytes());
                    out.extend_from_slice(line);
                }
                io::stderr().lock().write_all(&out)
            }
        };
        if let Err(error) = written {
            tracing::warn!("can't write a function's log: {error}");
        }
    }
}
