//! [`OpKind`]: what operations are on the wire.

use crate::wire::{OperationType, SubType};

/// What an operation is on the wire.
#[derive(Clone, Debug)]
pub(crate) struct OpKind {
    pub(crate) operation_type: OperationType,
    pub(crate) sub_type: SubType,
    /// For messages.
    pub(crate) label: &'static str,
}

pub(crate) static STEP: OpKind = OpKind {
    operation_type: OperationType::Step,
    sub_type: SubType::STEP,
    label: "step",
};
pub(crate) static WAIT: OpKind = OpKind {
    operation_type: OperationType::Wait,
    sub_type: SubType::WAIT,
    label: "sleep",
};
pub(crate) static CHILD: OpKind = OpKind {
    operation_type: OperationType::Context,
    sub_type: SubType::RUN_IN_CHILD_CONTEXT,
    label: "child context",
};
pub(crate) static CALLBACK: OpKind = OpKind {
    operation_type: OperationType::Callback,
    sub_type: SubType::CALLBACK,
    label: "callback",
};
pub(crate) static WAIT_FOR_CONDITION: OpKind = OpKind {
    operation_type: OperationType::Step,
    sub_type: SubType::WAIT_FOR_CONDITION,
    label: "poll",
};
pub(crate) static CHAINED_INVOKE: OpKind = OpKind {
    operation_type: OperationType::ChainedInvoke,
    sub_type: SubType::CHAINED_INVOKE,
    label: "invoke",
};
pub(crate) static WAIT_FOR_CALLBACK: OpKind = OpKind {
    operation_type: OperationType::Context,
    sub_type: SubType::WAIT_FOR_CALLBACK,
    label: "wait for a callback",
};
pub(crate) static MAP: OpKind = OpKind {
    operation_type: OperationType::Context,
    sub_type: SubType::MAP,
    label: "map",
};
pub(crate) static MAP_ITERATION: OpKind = OpKind {
    operation_type: OperationType::Context,
    sub_type: SubType::MAP_ITERATION,
    label: "item of map",
};
pub(crate) static PARALLEL: OpKind = OpKind {
    operation_type: OperationType::Context,
    sub_type: SubType::PARALLEL,
    label: "parallel",
};
pub(crate) static PARALLEL_BRANCH: OpKind = OpKind {
    operation_type: OperationType::Context,
    sub_type: SubType::PARALLEL_BRANCH,
    label: "branch of parallel",
};
