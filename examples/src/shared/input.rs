//! Reading what the user gives, with messages that name the file, the place in it and the way out.

use std::path::Path;

use durable_runtime::wire::limits;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Failure;

/// Reads a JSON file. `what` is what it should hold (`an order`); `sample` shows how one looks.
///
/// # Errors
/// When the file can't be read, isn't JSON, or isn't such a value; the message names the file and the place in it.
pub fn read_json<T: DeserializeOwned + Serialize>(
    path: &Path,
    what: &str,
    sample: &T,
) -> Result<T, Failure> {
    let shown = path.display();
    let text = std::fs::read_to_string(path)
        .map_err(|error| Failure::Input(format!("can't read {what} from {shown}: {error}")))?;
    let looks = || serde_json::to_string(sample).unwrap_or_default();
    let value: serde_json::Value = serde_json::from_str(&text).map_err(|error| {
        Failure::Input(format!(
            "{shown} is not JSON: {error}; {what} looks like {}",
            looks()
        ))
    })?;
    serde_path_to_error::deserialize(value).map_err(|error| {
        let place = match error.path().to_string() {
            root if root == "." => String::new(),
            path => format!("in `{path}`, "),
        };
        let error = error.inner();
        Failure::Input(format!(
            "{shown} is not {what}: {place}{error}; {what} looks like {}",
            looks()
        ))
    })
}

/// Checks an execution's id before anything is opened for it.
///
/// # Errors
/// When the service takes no such id.
pub fn check_id(id: &str) -> Result<(), Failure> {
    if limits::is_execution_name(id) {
        return Ok(());
    }
    Err(Failure::Input(format!(
        "an id has 1 to {} of A-Z a-z 0-9 - _ and {id:?} does not; choose another with --id",
        limits::EXECUTION_NAME_MAX
    )))
}
