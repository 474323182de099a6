//! Where in the configuration something is wrong.

use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// A mistake in a configuration file, with the line it stands on.
#[derive(Debug)]
pub(crate) struct Mistake {
    file: PathBuf,
    /// Line number, column and text.
    line: Option<(usize, usize, Option<String>)>,
    message: String,
}

impl Mistake {
    /// A mistake at these bytes of the text; without them it is the whole file's.
    pub(super) fn new(
        file: &Path,
        text: &str,
        span: Option<Range<usize>>,
        message: impl fmt::Display,
    ) -> Self {
        let line = span.and_then(|span| {
            let before = text.get(..span.start)?;
            let start = before.rfind('\n').map_or(0, |end| end + 1);
            let line = text.get(start..)?.lines().next().unwrap_or_default();
            let column = text.get(start..span.start)?.chars().count() + 1;
            Some((
                before.matches('\n').count() + 1,
                column,
                Some(line.trim().to_owned()),
            ))
        });
        Self {
            file: file.to_owned(),
            line,
            message: message.to_string(),
        }
    }

    /// The same without what stands on the line, which may be a secret.
    pub(super) fn without_text(mut self) -> Self {
        if let Some((_, _, text)) = &mut self.line {
            *text = None;
        }
        self
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = self.file.display();
        match &self.line {
            Some((number, column, line)) => {
                write!(f, "{file}:{number}:{column}: {}", self.message)?;
                line.iter().try_for_each(|line| write!(f, "\n  | {line}"))
            }
            None => write!(f, "{file}: {}", self.message),
        }
    }
}

impl std::error::Error for Mistake {}
