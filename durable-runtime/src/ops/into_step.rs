//! [`IntoStep`]: what the closure of a poll or a submitter may give.

use std::future::Future;

use super::body::{FutureBody, StepBody};
use super::step::{Settings, Step, StepMeta};
use crate::outcome::Outcome;

/// A call of a `#[step]` function, or a future that is a step's body.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "this closure gives `{Self}`, which is no step [DW001]",
    label = "it must give a step, or a future that is one's body",
    note = "call a `#[step]` function in it, without `.await`, or write `|value| async move {{ … }}`",
    note = "an `async` block is a step's body where the closure is written in the call itself; elsewhere it is a part of the workflow"
)]
pub trait IntoStep: Send {
    /// What the step returns.
    type Output: Send + 'static;

    /// The step; `outcome` is how its result is recorded if it doesn't know itself.
    fn __into_step(
        self,
        outcome: Outcome<Self::Output>,
    ) -> Step<impl StepBody<Output = Self::Output>>;
}

#[diagnostic::do_not_recommend]
impl<B: StepBody<Output: 'static>> IntoStep for Step<B> {
    type Output = B::Output;

    fn __into_step(self, _: Outcome<B::Output>) -> Step<impl StepBody<Output = B::Output>> {
        self
    }
}

#[diagnostic::do_not_recommend]
impl<F: Future<Output: Send + 'static> + Send> IntoStep for F {
    type Output = F::Output;

    fn __into_step(self, outcome: Outcome<F::Output>) -> Step<impl StepBody<Output = F::Output>> {
        Step {
            body: FutureBody::new(self),
            settings: Settings::new(StepMeta::new(""), outcome),
        }
    }
}

/// Stands in for the methods that our macros call, on what only has the name of one of our functions.
#[doc(hidden)]
pub trait NotInline: Sized {
    #[doc(hidden)]
    fn __output(&self) -> std::marker::PhantomData<()> {
        std::marker::PhantomData
    }

    #[doc(hidden)]
    fn __resolve<O>(self, _: O) -> Self {
        self
    }
}

impl<T> NotInline for T {}

/// Looks at the result type of a submitter; see [`__resolve`](crate::__resolve).
#[doc(hidden)]
#[macro_export]
macro_rules! __resolve_submitter {
    ($call:expr) => {
        match $call {
            call => {
                #[allow(
                    unused_imports,
                    reason = "which trait a probe falls back to depends on the type"
                )]
                use $crate::__private::{NotInline as _, PlainOutcome as _};
                let outcome = $crate::__private::OutcomeProbe::of(call.__output()).outcome();
                call.__resolve(outcome)
            }
        }
    };
}
