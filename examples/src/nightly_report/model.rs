//! What the `nightly-report` workflow is given, and what comes of it.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use durable_runtime::Error;
use durable_runtime::wire::limits;
use serde::{Deserialize, Serialize};

use crate::shared::{Failure, read_json};

/// All that happened in a night.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Night {
    /// Which one: `2026-01-31`.
    pub date: String,
    /// Whom to tell.
    pub customers: Vec<Customer>,
    /// How long to pause after each of them, in seconds.
    pub pause_seconds: u64,
}

/// A customer and what they used.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Customer {
    /// The customer's number, and the name of the file with the statement.
    pub id: String,
    /// Where the statement goes; without one there is none.
    #[serde(default)]
    pub email: Option<String>,
    /// What they used, in cents.
    pub usage: Vec<u64>,
}

impl Customer {
    fn sample(id: &str, email: Option<&str>, usage: &[u64]) -> Self {
        Self {
            id: id.to_owned(),
            email: email.map(str::to_owned),
            usage: usage.to_owned(),
        }
    }

    /// Some customers to try things with; one has no address.
    #[must_use]
    pub fn samples() -> Vec<Self> {
        vec![
            Self::sample("ada", Some("ada@example.com"), &[1_200, 350]),
            Self::sample("charles", None, &[90_000]),
            Self::sample("grace", Some("grace@example.com"), &[75, 75, 75]),
            Self::sample("linus", Some("linus@example.com"), &[]),
        ]
    }

    /// Reads customers from a JSON file.
    ///
    /// # Errors
    /// When the file can't be read, isn't a list of customers, or has two with one id; the message says where.
    pub fn read(path: &Path) -> Result<Vec<Self>, Failure> {
        let customers: Vec<Self> = read_json(path, "a list of customers", &Self::samples())?;
        let mut known = HashSet::new();
        for (number, customer) in customers.iter().enumerate() {
            let id = &customer.id;
            let problem = if !limits::is_execution_name(id) {
                "is no id: use 1 to 64 of A-Z a-z 0-9 - _"
            } else if !known.insert(id) {
                "is there twice: each customer gets one statement, so merge the two"
            } else {
                continue;
            };
            return Err(Failure::Input(format!(
                "in {}, `[{number}].id` {id:?} {problem}",
                path.display()
            )));
        }
        Ok(customers)
    }
}

/// A customer's statement.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Statement {
    /// Whose.
    pub customer: String,
    /// How much.
    pub cents: u64,
    /// Where it is.
    pub file: String,
}

/// A statement that could not be made.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Missing {
    /// Whose.
    pub customer: String,
    /// Why.
    pub why: String,
}

/// What came of a night.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Summary {
    /// Which night.
    pub date: String,
    /// All statements together.
    pub total_cents: u64,
    /// The statements, in the customers' order.
    pub statements: Vec<Statement>,
    /// Who got none.
    pub missing: Vec<Missing>,
}

impl Summary {
    pub(super) fn of(night: &Night) -> Self {
        Self {
            date: night.date.clone(),
            total_cents: 0,
            statements: Vec::new(),
            missing: Vec::new(),
        }
    }

    pub(super) fn add(&mut self, statement: Statement) {
        self.total_cents = self.total_cents.saturating_add(statement.cents);
        self.statements.push(statement);
    }

    pub(super) fn add_missing(&mut self, customer: &str, why: &Error) {
        self.missing.push(Missing {
            customer: customer.to_owned(),
            why: format!("{why:#}"),
        });
    }
}

/// The folder that statements are put into.
#[derive(Clone, Debug)]
pub struct Outbox {
    folder: PathBuf,
}

impl Outbox {
    /// Opens the folder, making it if need be.
    ///
    /// # Errors
    /// When it can't be made; the message names it.
    pub fn open(folder: &Path) -> Result<Self, Failure> {
        std::fs::create_dir_all(folder).map_err(|error| {
            Failure::Input(format!(
                "can't use {} as outbox: {error}; give another folder with --outbox",
                folder.display()
            ))
        })?;
        Ok(Self {
            folder: folder.to_owned(),
        })
    }

    /// Puts a text into the outbox, and says under what name.
    pub(super) fn write(&self, name: &str, text: &str) -> std::io::Result<String> {
        let file = format!("{name}.txt");
        std::fs::write(self.folder.join(&file), text)?;
        Ok(file)
    }
}
