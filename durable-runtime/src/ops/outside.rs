//! What the compiler says of an operation that is awaited outside a workflow (DW002), or in a step's body (DW015). A step's body is a plain
//! future, so the compiler can't tell the two apart, and one message has both ids.
//!
//! No operation is a future. Each has an implementation of `Future` whose condition no type meets, so
//! that the compiler reports the condition, in our words, instead of "is not a future". An `IntoFuture`
//! would not do: the one for all futures stands beside it, and of two that fail the compiler names
//! neither.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::batch::{Batch, InlineBatch, ItemKind};
use super::{
    Callback, CallbackError, CallbackResult, Child, CreateCallback, HelperCall, InlineChild,
    InlinePoll, InlineRetryBlock, InlineStep, InlineWaitForCallback, Invoke, InvokeError, Now,
    Restart, RetryBlock, Sleep, SleepUntil, Step, StepBody, WaitForCallback, WorkflowCall,
};
use crate::durable::{Durable, Tuned};

/// Implemented by nothing: its lack is the message.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "a step can only be awaited in a `#[durable_workflow]`: not in a plain function [DW002], nor in another step's body [DW015]",
    label = "nothing would record its result here",
    note = "mark the function around it `#[durable_workflow]` (or make an inline step a `child`), or run the body without durability: `.direct().await`"
)]
pub trait StepInsideWorkflow {}

/// The same for what has no body that could run without durability.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "a durable operation can only be awaited in a `#[durable_workflow]`: not in a plain function [DW002], nor in a step's body [DW015]",
    label = "nothing would record its result here",
    note = "mark the function around it `#[durable_workflow]` (or make an inline step a `child`)"
)]
pub trait InsideWorkflow {}

/// The same for a workflow.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "a workflow can only be awaited in another `#[durable_workflow]`: not in a plain function [DW002], nor in a step's body [DW015]",
    label = "nothing would record its result here",
    note = "mark the function around it `#[durable_workflow]` (or make an inline step a `child`), or have a host start the workflow"
)]
pub trait ChildInsideWorkflow {}

/// What the conditions are about, by the name that the messages print. Of conditions about the operation itself the compiler would print the
/// message of `Future`; and one without a lifetime, which no type meets, it would refuse here.
#[doc(hidden)]
#[derive(Debug)]
pub struct DurableOperation<'never>(std::marker::PhantomData<&'never ()>);

macro_rules! only_inside {
    ($(($($generics:tt)*) $operation:ty => $output:ty, $inside:ident;)+) => {$(
        impl<$($generics)*> Future for $operation
        where
            for<'never> DurableOperation<'never>: $inside,
        {
            type Output = $output;

            fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<$output> {
                // No type meets the condition, so nobody can call this.
                std::process::abort()
            }
        }
    )+};
}

only_inside! {
    (B: StepBody) Step<B> => B::Output, StepInsideWorkflow;
    (F: Fn() -> Fut, Fut: Future) InlineStep<F> => Fut::Output, InsideWorkflow;
    (W, B: StepBody) WorkflowCall<W, B> => B::Output, ChildInsideWorkflow;
    (B: StepBody) HelperCall<B> => B::Output, InsideWorkflow;
    (F, Out) InlineChild<F, Out> => Out, InsideWorkflow;
    (F, Out) Child<F, Out> => Out, InsideWorkflow;
    (D: Durable) Tuned<D> => D::Output, InsideWorkflow;
    (T) CreateCallback<T> => Result<Callback<T>, CallbackError>, InsideWorkflow;
    (T) CallbackResult<T> => Result<T, CallbackError>, InsideWorkflow;
    ('a, S, Out) InlinePoll<'a, S, Out> => Out, InsideWorkflow;
    ('a, S, E, Out, U, W) super::Poll<'a, S, E, Out, U, W> => Result<S, E>, InsideWorkflow;
    (T) Restart<T> => T, InsideWorkflow;
    ('a, T, Out) InlineBatch<'a, T, Out> => Out, InsideWorkflow;
    ('a, T, K: ItemKind, G) Batch<'a, T, K, G> => K::Collected, InsideWorkflow;
    (Out, I) Invoke<Out, I> => Result<Out, InvokeError>, InsideWorkflow;
    ('a, T, Out) InlineWaitForCallback<'a, T, Out> => Result<T, CallbackError>, InsideWorkflow;
    ('a, T, Out) WaitForCallback<'a, T, Out> => Result<T, CallbackError>, InsideWorkflow;
    ('a, Out) InlineRetryBlock<'a, Out> => Out, InsideWorkflow;
    ('a, Out) RetryBlock<'a, Out> => Out, InsideWorkflow;
    () Sleep => (), InsideWorkflow;
    () SleepUntil => (), InsideWorkflow;
    () Now => std::time::SystemTime, InsideWorkflow;
}
