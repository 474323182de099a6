//! [`Plugin`]: what happens to an execution, told to code that isn't part of it: metrics, traces, audit trails.
//!
//! # OpenTelemetry
//!
//! Traces need no plugin. The runtime opens `tracing` spans, and a layer of `tracing-opentelemetry` in the program's subscriber exports them:
//!
//! * `workflow`, one for each invocation, under the workflow's name (`otel.name`), with the attributes `durable.execution.arn`, `faas.invocation_id`
//!   and `durable.invocation.status`;
//! * `operation`, one for each run of a body (a step's attempt, a child, an item, a poll's check) and one while a branch waits for a timer, a callback or
//!   a function, under the operation's name, with `durable.operation.id`, `.name`, `.type`, `.subtype`, `durable.attempt.number` of steps and
//!   `durable.attempt.outcome`. One that failed has the status `ERROR` and the error's message.
//!
//! Spans nest as the code does and never outlive their invocation, so each invocation is a trace, or a part of the host's: on Lambda the one that the layer
//! makes of the `X-Ray` header. What belongs to one execution has one `durable.execution.arn`. What is replayed opens no span.
//!
//! Exporters send in the background, and a function on Lambda is frozen with its answer. So register a plugin with only a
//! [`flush`](Plugin::flush), which calls the tracer provider's `force_flush` (on a thread for blocking work, with a timeout).
//!
//! A trace with one span for an operation's whole life, over invocations, is made by a plugin: [`OperationInfo`] has the times and ids for it.

mod info;
mod plugins;

use std::any::type_name;
use std::future::{Future, ready};
use std::pin::Pin;
use std::sync::Arc;

pub use info::{
    AttemptEnd, AttemptInfo, AttemptOutcome, InvocationEnd, InvocationEndStatus, InvocationInfo,
    OperationChange, OperationInfo,
};
pub use plugins::Plugins;

/// What [`Plugin::flush`] returns.
pub type PluginFuture<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

/// Watches executions. Every hook has an empty body, so a plugin writes those it needs.
///
/// A plugin sees and never decides: it gets no way into the workflow, what it returns is ignored, and one that panics is logged and
/// has no effect on the execution or on other plugins. Several are called in the order they were registered in.
///
/// # When a hook is called
///
/// | hook | when |
/// | --- | --- |
/// | [`on_invocation_start`](Self::on_invocation_start) | the recorded state is loaded, and no code of the workflow has run |
/// | [`on_operation_start`](Self::on_operation_start) | just before the operation's START is queued, so before its body; and in each later invocation that meets the operation before it has ended, with [`is_replay`](OperationInfo::is_replay) |
/// | [`on_attempt_start`](Self::on_attempt_start) | before the body of a step, a child, a map's item, a branch or a poll's check runs |
/// | [`on_attempt_end`](Self::on_attempt_end) | when that body has returned, and before its outcome is recorded; when it is dropped, or its invocation suspends meanwhile, with [`AttemptOutcome::Incomplete`] |
/// | [`on_operation_end`](Self::on_operation_end) | when the service's answer first shows that the operation has ended; if it ended while nothing ran, when the workflow comes to it |
/// | [`on_operation_change`](Self::on_operation_change) | once for each answer of the service in which an operation's status changed, after the end hooks |
/// | [`on_invocation_end`](Self::on_invocation_end) | whatever way the invocation ended, suspending included |
/// | [`flush`](Self::flush) | right after `on_invocation_end`, awaited: the last chance before a Lambda function is frozen |
///
/// An operation that is replayed with its result calls no hook. So over an execution an operation starts once with `is_replay == false` and
/// ends once. Two exceptions, both after an invocation that broke off ([`InvocationEndStatus::Retrying`], or a process that died): the service then
/// repeats what it had told that invocation, and an operation whose START never arrived starts anew.
///
/// A parked workflow that a host kept in memory and that goes on is a new invocation here, as if it had been replayed.
///
/// # What a hook may do
///
/// Hooks are called on the task that polls the workflow, and outside of it: durable operations don't work there, and `tracing` events are
/// never taken for replayed ones. A hook holds the workflow up, so it hands slow work to a task or thread of its own and waits for that in
/// [`flush`](Self::flush). They are called within the invocation's `workflow` span.
///
/// # Example
///
/// ```
/// use std::sync::Arc;
/// use std::sync::atomic::{AtomicU64, Ordering};
///
/// use durable_runtime::plugin::{AttemptEnd, AttemptOutcome, OperationInfo, Plugin, PluginFuture};
///
/// #[derive(Default)]
/// struct Metrics {
///     ended: AtomicU64,
///     failed_attempts: AtomicU64,
/// }
///
/// impl Plugin for Metrics {
///     fn on_attempt_end(&self, end: &AttemptEnd<'_>) {
///         if end.outcome == AttemptOutcome::Failed {
///             self.failed_attempts.fetch_add(1, Ordering::Relaxed);
///         }
///     }
///
///     fn on_operation_end(&self, operation: &OperationInfo<'_>) {
///         self.ended.fetch_add(1, Ordering::Relaxed);
///         println!("{} of {} is {}", operation.id, operation.execution_arn, operation.status);
///     }
///
///     fn flush(&self) -> PluginFuture<'_> {
///         Box::pin(async {
///             // Send what was counted.
///         })
///     }
/// }
///
/// // An `Arc` of a plugin is a plugin, so that the program can keep a hand on it: `.plugin(Arc::clone(&metrics))` on an engine or a Lambda host.
/// let metrics = Arc::new(Metrics::default());
/// let plugins = durable_runtime::plugin::Plugins::new().with(Arc::clone(&metrics));
/// assert_eq!(plugins.len(), 1);
/// ```
pub trait Plugin: Send + Sync + 'static {
    /// For messages about it; its type's name unless it says otherwise.
    fn name(&self) -> &str {
        type_name::<Self>()
    }

    /// An invocation starts.
    fn on_invocation_start(&self, invocation: &InvocationInfo<'_>) {
        let _ = invocation;
    }

    /// An invocation ended.
    fn on_invocation_end(&self, end: &InvocationEnd<'_>) {
        let _ = end;
    }

    /// An operation starts, or was met on replay before it has ended.
    fn on_operation_start(&self, operation: &OperationInfo<'_>) {
        let _ = operation;
    }

    /// An operation has ended, with its result or error.
    fn on_operation_end(&self, operation: &OperationInfo<'_>) {
        let _ = operation;
    }

    /// The service told of operations that changed.
    fn on_operation_change(&self, change: &OperationChange<'_>) {
        let _ = change;
    }

    /// A body starts to run.
    fn on_attempt_start(&self, attempt: &AttemptInfo<'_>) {
        let _ = attempt;
    }

    /// A body has run.
    fn on_attempt_end(&self, end: &AttemptEnd<'_>) {
        let _ = end;
    }

    /// Sends what the plugin has gathered. The invocation waits for it, for as long as it takes: bound it with a timeout.
    fn flush(&self) -> PluginFuture<'_> {
        Box::pin(ready(()))
    }
}

impl<P: Plugin + ?Sized> Plugin for Arc<P> {
    fn name(&self) -> &str {
        P::name(self)
    }

    fn on_invocation_start(&self, invocation: &InvocationInfo<'_>) {
        P::on_invocation_start(self, invocation);
    }

    fn on_invocation_end(&self, end: &InvocationEnd<'_>) {
        P::on_invocation_end(self, end);
    }

    fn on_operation_start(&self, operation: &OperationInfo<'_>) {
        P::on_operation_start(self, operation);
    }

    fn on_operation_end(&self, operation: &OperationInfo<'_>) {
        P::on_operation_end(self, operation);
    }

    fn on_operation_change(&self, change: &OperationChange<'_>) {
        P::on_operation_change(self, change);
    }

    fn on_attempt_start(&self, attempt: &AttemptInfo<'_>) {
        P::on_attempt_start(self, attempt);
    }

    fn on_attempt_end(&self, end: &AttemptEnd<'_>) {
        P::on_attempt_end(self, end);
    }

    fn flush(&self) -> PluginFuture<'_> {
        P::flush(self)
    }
}
