//! What could not be undone, on its way through the history.

use serde::{Deserialize, Serialize};

use crate::wire::{ErrorObject, limits};

/// A step whose compensation failed: what it did is still there, and somebody has to look at it.
///
/// Read from [`Error::compensation_failures`](crate::Error::compensation_failures).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[non_exhaustive]
pub struct CompensationFailure {
    /// The displayed name of the step that was to be undone.
    pub name: String,
    /// What the compensation failed with.
    pub error: ErrorObject,
}

/// Begins the entries of a StackTrace that hold a failure, as JSON.
const ENTRY: &str = "compensation failed: ";

/// What a large error of a compensation is cut to, so that the original one keeps its place.
const FAILURE_MAX: usize = 16 * 1024;

impl CompensationFailure {
    pub(crate) fn new(name: String, error: ErrorObject) -> Self {
        Self { name, error }
    }

    /// As it stands in the StackTrace of the error that the workflow returned: the one place on the wire that is left, for type, message and data
    /// are the original error's.
    pub(crate) fn to_entry(&self) -> String {
        let failure = if self.error.size() > FAILURE_MAX {
            let message = self.error.error_message.as_deref().unwrap_or_default();
            let mut error = self.error.clone();
            error.error_message = Some(message.chars().take(FAILURE_MAX / 8).collect());
            error.error_data = None;
            error.stack_trace = Vec::new();
            &Self::new(self.name.clone(), error)
        } else {
            self
        };
        // Text only: there is nothing in it that JSON has no form for.
        let json = serde_json::to_string(failure).unwrap_or_default();
        format!("{ENTRY}{json}")
    }

    pub(crate) fn from_entry(entry: &str) -> Option<Self> {
        serde_json::from_str(entry.strip_prefix(ENTRY)?).ok()
    }
}

/// Attaches failures to the error that the workflow returned, as many as there is room for.
pub(super) fn attach(object: &mut ErrorObject, failures: &[CompensationFailure]) {
    let mut size = object.size();
    for failure in failures {
        let entry = failure.to_entry();
        size += entry.len();
        if size > limits::ERROR_MAX {
            break;
        }
        object.stack_trace.push(entry);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_reads_back_from_its_entry() {
        let error = ErrorObject::new("Declined", "no \"refund\"\n").with_data("{}");
        let failure = CompensationFailure::new("charge".into(), error);
        assert_eq!(
            CompensationFailure::from_entry(&failure.to_entry()),
            Some(failure)
        );
        for other in ["", "compensation failed: ", "compensation failed: {}", "x"] {
            assert_eq!(CompensationFailure::from_entry(other), None, "{other}");
        }
    }

    #[test]
    fn large_failures_leave_room_for_the_error_itself() {
        let data = "x".repeat(limits::ERROR_MAX);
        let error = ErrorObject::new("Large", data.clone()).with_data(data);
        let failures = vec![CompensationFailure::new("a".into(), error); 2_000];
        let mut object = ErrorObject::new("Original", "message");
        attach(&mut object, &failures);
        assert!(object.size() <= limits::ERROR_MAX);
        assert!(object.stack_trace.len() > 100);
    }
}
