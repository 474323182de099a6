//! The credentials that the operator gives: in the environment or in a file, and never on the command line, which every user of the machine can read.

use std::path::{Path, PathBuf};

use durable_engine::server::{AccessKey, Credentials, CredentialsError};
use serde::Deserialize;
use toml::Spanned;

use super::place::Mistake;

pub(super) const KEY_ID: &str = "DURABLE_ACCESS_KEY_ID";
pub(super) const SECRET: &str = "DURABLE_SECRET_ACCESS_KEY";
pub(super) const TOKEN: &str = "DURABLE_BEARER_TOKEN";

/// Why there are no credentials where some were given. Nothing of them is repeated.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CredentialsFailure {
    #[error("the environment has {there} and not {missing}; set both or neither")]
    Half {
        there: &'static str,
        missing: &'static str,
    },
    #[error("in the environment's {variable}: {error}")]
    Variable {
        variable: &'static str,
        error: CredentialsError,
    },
    #[error("the environment's {variable} is not UTF-8; give it letters and digits")]
    Encoding { variable: &'static str },
    #[error(
        "can't read the credentials in {}: {error}; `cargo durable serve --help` shows such a file", .file.display()
    )]
    Read {
        file: PathBuf,
        error: std::io::Error,
    },
    #[error(
        "{} can be read by others than its owner (mode {mode:03o}), and it has secrets in it; run: chmod 600 {}", .file.display(), .file.display()
    )]
    Open { file: PathBuf, mode: u32 },
    #[error("{} has no credentials in it; `cargo durable serve --help` shows such a file", .file.display())]
    Empty { file: PathBuf },
    #[error(transparent)]
    Mistake(#[from] Mistake),
}

/// Those of the environment and of the file; none when neither has any.
pub(super) fn read(
    file: Option<&Path>,
    variable: impl Fn(&'static str) -> Result<Option<String>, CredentialsFailure>,
) -> Result<Option<Credentials>, CredentialsFailure> {
    let mut credentials = Credentials::new();
    match (variable(KEY_ID)?, variable(SECRET)?) {
        (Some(id), Some(secret)) => {
            let key = AccessKey::new(id, secret).map_err(|error| {
                let variable = match error {
                    CredentialsError::Id { .. } => KEY_ID,
                    _ => SECRET,
                };
                CredentialsFailure::Variable { variable, error }
            })?;
            credentials = credentials.access_key(key);
        }
        (Some(_), None) => {
            return Err(CredentialsFailure::Half {
                there: KEY_ID,
                missing: SECRET,
            });
        }
        (None, Some(_)) => {
            return Err(CredentialsFailure::Half {
                there: SECRET,
                missing: KEY_ID,
            });
        }
        (None, None) => {}
    }
    if let Some(token) = variable(TOKEN)? {
        let added = credentials.bearer_token(&token);
        credentials = added.map_err(|error| CredentialsFailure::Variable {
            variable: TOKEN,
            error,
        })?;
    }
    if let Some(file) = file {
        credentials = add(credentials, file)?;
    }
    Ok((!credentials.is_empty()).then_some(credentials))
}

/// A variable of the environment. One that is empty is set all the same, and no credential.
pub(super) fn variable(name: &'static str) -> Result<Option<String>, CredentialsFailure> {
    match std::env::var(name) {
        Ok(value) => Ok(Some(value)),
        Err(std::env::VarError::NotPresent) => Ok(None),
        Err(std::env::VarError::NotUnicode(_)) => {
            Err(CredentialsFailure::Encoding { variable: name })
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    access_key: Vec<Key>,
    #[serde(default)]
    bearer_tokens: Vec<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Key {
    id: Spanned<String>,
    secret: Spanned<String>,
}

fn add(mut credentials: Credentials, path: &Path) -> Result<Credentials, CredentialsFailure> {
    let failed = |error| CredentialsFailure::Read {
        file: path.to_owned(),
        error,
    };
    let file = std::fs::File::open(path).map_err(failed)?;
    // Of the file that is open, so that it can't be another one by the time that it is read.
    #[cfg(unix)]
    {
        let metadata = file.metadata().map_err(failed)?;
        let mode = std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o777;
        if mode & 0o077 != 0 {
            return Err(CredentialsFailure::Open {
                file: path.to_owned(),
                mode,
            });
        }
    }
    let text = std::io::read_to_string(file).map_err(failed)?;
    let mistake = |span, message: &dyn std::fmt::Display| {
        Mistake::new(path, &text, span, message).without_text()
    };
    let parsed: File =
        toml::from_str(&text).map_err(|error| mistake(error.span(), &error.message()))?;
    for Key { id, secret } in parsed.access_key {
        let (id_span, secret_span) = (id.span(), secret.span());
        let key = AccessKey::new(id.into_inner(), secret.into_inner()).map_err(|error| {
            let span = match error {
                CredentialsError::Id { .. } => id_span,
                _ => secret_span,
            };
            mistake(Some(span), &error)
        })?;
        credentials = credentials.access_key(key);
    }
    for token in parsed.bearer_tokens {
        let span = token.span();
        credentials = credentials
            .bearer_token(token.get_ref())
            .map_err(|error| mistake(Some(span), &error))?;
    }
    if credentials.is_empty() {
        return Err(CredentialsFailure::Empty {
            file: path.to_owned(),
        });
    }
    Ok(credentials)
}
