//! Events without what the workflow and its callers put in them.

use super::event::EventDetails;

impl EventDetails {
    /// Takes out what the workflow and its callers put in, and leaves what happened.
    pub fn without_data(&mut self) {
        match self {
            Self::ExecutionStarted { input, .. } => input.payload = None,
            Self::ExecutionPaused { reason, .. } | Self::ExecutionResumed { reason, .. } => {
                *reason = None;
            }
            Self::ChainedInvokeStarted { input, .. } => {
                if let Some(input) = input {
                    input.payload = None;
                }
            }
            Self::ExecutionSucceeded { result }
            | Self::ContextSucceeded { result }
            | Self::StepSucceeded { result, .. }
            | Self::ChainedInvokeSucceeded { result }
            | Self::CallbackSucceeded { result } => result.payload = None,
            Self::ExecutionFailed { error }
            | Self::ExecutionStopped { error }
            | Self::ContextFailed { error }
            | Self::StepFailed { error, .. }
            | Self::ChainedInvokeFailed { error }
            | Self::ChainedInvokeTimedOut { error }
            | Self::ChainedInvokeStopped { error }
            | Self::CallbackFailed { error }
            | Self::CallbackTimedOut { error } => error.payload = None,
            Self::ExecutionTimedOut { error }
            | Self::WaitCancelled { error }
            | Self::InvocationCompleted { error, .. } => {
                if let Some(error) = error {
                    error.payload = None;
                }
            }
            Self::ContextStarted {}
            | Self::WaitStarted { .. }
            | Self::WaitSucceeded { .. }
            | Self::StepStarted {}
            | Self::CallbackStarted { .. } => {}
        }
    }
}
