use durable_runtime::wire::{OperationAction, OperationStatus, OperationType};

/// Why a checkpoint was refused. Nothing of it was recorded, and its token is still good unless it was stale.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Rejected {
    /// The token is not the one of the running invocation's next checkpoint: that invocation is over, another checkpoint
    /// used the token, or the execution ended. Official SDKs recognise this by how the message begins.
    #[error(
        "Invalid Checkpoint Token: it is not the current one of {arn}; this invocation may write no more, and the execution \
         goes on in another one unless it has ended"
    )]
    StaleToken {
        /// The execution.
        arn: String,
    },

    /// One update breaks a rule, which refuses the whole batch.
    #[error(
        "update {number} of {count} ({operation_type} {action} of operation `{id}`) was refused: {rule}; nothing of this \
         checkpoint was recorded"
    )]
    Update {
        /// Which update: the first is 1.
        number: usize,
        /// How many there were.
        count: usize,
        /// The operation.
        id: String,
        /// What the update says it is.
        operation_type: OperationType,
        /// What the update does.
        action: OperationAction,
        /// The rule.
        rule: Rule,
    },
}

/// The rules an update can break.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Rule {
    /// A type this service doesn't know.
    #[error("its Type is unknown; use EXECUTION, CONTEXT, STEP, WAIT, CALLBACK or CHAINED_INVOKE")]
    UnknownType,
    /// An action that doesn't exist for this type.
    #[error("this Type takes the actions {allowed}")]
    UnknownAction {
        /// Those that do exist.
        allowed: &'static str,
    },
    /// An id outside the alphabet or the length.
    #[error("an Id has 1 to 64 of A-Z, a-z, 0-9, - and _")]
    Id,
    /// A name outside the alphabet or the length.
    #[error("a Name has 1 to 256 printable ASCII characters")]
    Name,
    /// A sub-type outside the alphabet or the length.
    #[error("a SubType has 1 to 32 of A-Z, a-z, 0-9, - and _")]
    SubType,
    /// Too large.
    #[error(
        "its {member} has {size} bytes and the limit is {limit}; store the data elsewhere and record where it is, or compress it"
    )]
    TooLarge {
        /// The member.
        member: &'static str,
        /// Its size in bytes.
        size: usize,
        /// The limit in bytes.
        limit: usize,
    },
    /// A member this action doesn't take.
    #[error("this action takes no {member}")]
    Unexpected {
        /// The member.
        member: &'static str,
    },
    /// A retry with a result and an error.
    #[error("a RETRY takes a Payload or an Error, not both")]
    PayloadAndError,
    /// A member this action needs.
    #[error("{member} is missing")]
    Missing {
        /// The member.
        member: &'static str,
    },
    /// A number outside its range, or a text outside its length.
    #[error("{member} is {value} and must be from {min} to {max}")]
    Range {
        /// The member.
        member: &'static str,
        /// Its value, or its length.
        value: u64,
        /// The least.
        min: u64,
        /// The most.
        max: u64,
    },
    /// The operation exists, and this action begins a new one.
    #[error("the operation exists already and is {status}")]
    Exists {
        /// Its status.
        status: OperationStatus,
    },
    /// The operation doesn't exist.
    #[error("the operation was never started; send its START first")]
    NotStarted,
    /// The operation's status doesn't allow this action.
    #[error("the operation is {status}, and this needs {needs}")]
    Status {
        /// Its status.
        status: OperationStatus,
        /// Those that allow it.
        needs: &'static str,
    },
    /// What an operation is never changes.
    #[error(
        "its {member} is `{sent}` and was recorded as `{recorded}`; what an operation is never changes"
    )]
    Metadata {
        /// The member.
        member: &'static str,
        /// As recorded; empty for absent.
        recorded: String,
        /// As sent.
        sent: String,
    },
    /// The parent doesn't exist.
    #[error("its parent `{parent}` was never started")]
    ParentMissing {
        /// The parent's id.
        parent: String,
    },
    /// The parent can't have children.
    #[error("its parent `{parent}` is a {parent_type}; only a CONTEXT has children")]
    ParentType {
        /// The parent's id.
        parent: String,
        /// What it is.
        parent_type: OperationType,
    },
    /// The parent has ended.
    #[error(
        "its parent `{parent}` has ended ({status}); what happens after that belongs to nobody"
    )]
    ParentClosed {
        /// The parent's id.
        parent: String,
        /// How it ended.
        status: OperationStatus,
    },
    /// More than one update of an operation, other than START and the end of that attempt.
    #[error(
        "an operation has one update in a checkpoint, or the START of a STEP or CONTEXT and then one other"
    )]
    Repeated,
    /// The execution's own end has to come last, once.
    #[error("the update of the EXECUTION must be the last of its checkpoint, and the only one")]
    ExecutionNotLast,
}
