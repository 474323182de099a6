//! The service's limits, each with where it comes from.
//!
//! *Model* is the service's published API model (a shape's `min`/`max`), *documentation* its prose, *convention* what the
//! official SDKs do without the service asking for it. Lengths of text are UTF-8 bytes.
//!
//! ```
//! use durable_runtime::wire::limits;
//!
//! assert!(limits::is_operation_id("0f3c2d51a6e84b7d9d1c5a8e7b4f6a20"));
//! assert!(!limits::is_operation_name("Straße"), "names are printable ASCII");
//! ```

/// Longest operation id. Model, `OperationId`.
pub const OPERATION_ID_MAX: usize = 64;

/// Longest operation name. Model, `OperationName`.
pub const OPERATION_NAME_MAX: usize = 256;

/// Longest sub-type. Model, `OperationSubType`.
pub const SUB_TYPE_MAX: usize = 32;

/// Largest payload of any kind the API can carry. Model, `OperationPayload`.
pub const WIRE_PAYLOAD_MAX: usize = 6_291_456;

/// Largest payload of one operation other than the result of a synchronously invoked execution. Documentation of
/// `OperationUpdate.Payload`.
pub const OPERATION_PAYLOAD_MAX: usize = 1_048_576;

/// Largest error, all its fields together. Documentation of `OperationUpdate.Error`.
pub const ERROR_MAX: usize = 1_048_576;

/// Largest result that fits into the invocation's answer; a larger one is checkpointed as EXECUTION SUCCEED. Convention:
/// Lambda's 6 MiB response less 50 bytes for the envelope.
pub const RESULT_INLINE_MAX: usize = 6 * 1024 * 1024 - 50;

/// A context result above this is left out and rebuilt from the context's children. Convention.
pub const REPLAY_CHILDREN_THRESHOLD: usize = 256 * 1024;

/// Largest input of an execution. Model, `InputPayload`.
pub const INPUT_PAYLOAD_MAX: usize = 6_291_456;

/// Shortest wait, in seconds. Model, `WaitOptions.WaitSeconds`.
pub const WAIT_SECONDS_MIN: u32 = 1;

/// Longest wait, in seconds: 366 days. Model, `WaitOptions.WaitSeconds`.
pub const WAIT_SECONDS_MAX: u32 = 31_622_400;

/// Shortest delay before the next attempt, in seconds. Model, `StepOptions.NextAttemptDelaySeconds`.
pub const RETRY_DELAY_SECONDS_MIN: u32 = 1;

/// Longest delay before the next attempt, in seconds: 366 days. Model, `StepOptions.NextAttemptDelaySeconds`.
pub const RETRY_DELAY_SECONDS_MAX: u32 = 31_622_400;

/// Longest callback timeout or heartbeat timeout, in seconds; zero switches it off. Model, `CallbackOptions`.
pub const CALLBACK_TIMEOUT_SECONDS_MAX: u32 = 99_999_999;

/// Largest result a callback can be completed with, in bytes. Model, `BinaryOperationPayload`.
pub const CALLBACK_RESULT_MAX: usize = 1_048_576;

/// Longest callback id. Model, `CallbackId`.
pub const CALLBACK_ID_MAX: usize = 1_024;

/// Longest name or ARN of an invoked function. Model, `NamespacedFunctionName`.
pub const FUNCTION_NAME_MAX: usize = 256;

/// Longest tenant id. Model, `TenantId`.
pub const TENANT_ID_MAX: usize = 256;

/// Longest trace id. Model, `XAmznTraceId`.
pub const TRACE_ID_MAX: usize = 8_192;

/// Longest client token. Model, `ClientToken`.
pub const CLIENT_TOKEN_MAX: usize = 64;

/// Longest checkpoint token. Model, `CheckpointToken`.
pub const CHECKPOINT_TOKEN_MAX: usize = 2_048;

/// Longest name of an execution. Model, `DurableExecutionName`.
pub const EXECUTION_NAME_MAX: usize = 64;

/// Longest ARN of an execution. Model, `DurableExecutionArn`.
pub const EXECUTION_ARN_MAX: usize = 1_024;

/// Longest execution timeout, in seconds: 366 days; the shortest is one second. Model, `ExecutionTimeout`.
pub const EXECUTION_TIMEOUT_SECONDS_MAX: u32 = 31_622_400;

/// Most operations one page of state can be asked for. Model, `ItemCount`.
pub const STATE_PAGE_MAX: usize = 1_000;

/// Operations in a page of state when the caller doesn't say. Documentation of `GetDurableExecutionState`.
pub const STATE_PAGE_DEFAULT: usize = 100;

/// Most updates in one checkpoint. Convention.
pub const BATCH_UPDATES_MAX: usize = 250;

/// Largest checkpoint, in bytes of JSON. Convention; see
/// [`OperationUpdate::json_len`](super::OperationUpdate::json_len).
pub const BATCH_BYTES_MAX: usize = 750 * 1024;

/// Whether the service takes `id` as an operation's id: 1 to 64 of `A-Z a-z 0-9 - _`.
pub fn is_operation_id(id: &str) -> bool {
    is_word(id, OPERATION_ID_MAX)
}

/// Whether the service takes `name` as an operation's name: 1 to 256 of printable ASCII, space included.
pub fn is_operation_name(name: &str) -> bool {
    (1..=OPERATION_NAME_MAX).contains(&name.len())
        && name.bytes().all(|byte| (0x20..=0x7e).contains(&byte))
}

/// Whether the service takes `sub_type`: 1 to 32 of `A-Z a-z 0-9 - _`.
pub fn is_sub_type(sub_type: &str) -> bool {
    is_word(sub_type, SUB_TYPE_MAX)
}

/// Whether the service takes `name` as an execution's name: 1 to 64 of `A-Z a-z 0-9 - _`.
pub fn is_execution_name(name: &str) -> bool {
    is_word(name, EXECUTION_NAME_MAX)
}

fn is_word(text: &str, max: usize) -> bool {
    (1..=max).contains(&text.len())
        && text
            .bytes()
            .all(|byte| IN_WORDS.get(usize::from(byte)) == Some(&true))
}

/// Which bytes are in ids: a look-up, because each checkpoint asks for every byte of every id.
#[expect(
    clippy::indexing_slicing,
    reason = "in a constant, where an index out of bounds does not compile"
)]
const IN_WORDS: [bool; 256] = {
    let mut in_words = [false; 256];
    let mut byte: u8 = 0;
    while byte < 128 {
        in_words[byte as usize] = byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        byte += 1;
    }
    in_words
};
