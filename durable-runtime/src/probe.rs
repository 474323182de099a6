//! Probes: what a trait bound can't ask, asked where the macro knows the concrete type.
//!
//! Each has an inherent method where the answer is yes, and a trait with a method of the same name where it is no; an inherent method that
//! applies comes first.

use std::marker::PhantomData;

use crate::error::source_chain;
use crate::fault::StepFault;
use crate::outcome::{Outcome, Payload, RecordedError, Trace, fallible, plain};

/// Asks by structure: a `Result` is [`fallible`], everything else [`plain`].
#[doc(hidden)]
#[derive(Debug)]
pub struct OutcomeProbe<T>(PhantomData<fn() -> T>);

/// Asks whether the error of a `Result` can be made from a [`StepFault`].
#[doc(hidden)]
#[derive(Debug)]
pub struct FaultProbe<T>(PhantomData<fn() -> T>);

/// Asks whether the error of a `Result` has a source chain.
#[doc(hidden)]
#[derive(Debug)]
pub struct TraceProbe<T>(PhantomData<fn() -> T>);

macro_rules! probe_constructor {
    ($($probe:ident),*) => {$(
        impl<T> $probe<T> {
            #[doc(hidden)]
            #[must_use]
            pub const fn new() -> Self {
                Self(PhantomData)
            }
            #[doc(hidden)]
            #[must_use]
            pub const fn of(_: PhantomData<T>) -> Self {
                Self(PhantomData)
            }
        }
        impl<T> Default for $probe<T> {
            fn default() -> Self {
                Self::new()
            }
        }
    )*};
}
probe_constructor!(OutcomeProbe, FaultProbe, TraceProbe);

impl<T, E> OutcomeProbe<Result<T, E>> {
    #[doc(hidden)]
    #[must_use]
    pub fn outcome(self) -> Outcome<Result<T, E>>
    where
        T: Payload,
        E: RecordedError,
    {
        fallible()
    }
}

/// The fallback of [`OutcomeProbe`]: an inherent method, where one applies, comes first.
#[doc(hidden)]
pub trait PlainOutcome<T> {
    #[doc(hidden)]
    fn outcome(self) -> Outcome<T>
    where
        T: Payload;
}

impl<T> PlainOutcome<T> for OutcomeProbe<T> {
    fn outcome(self) -> Outcome<T>
    where
        T: Payload,
    {
        plain()
    }
}

impl<T, E: From<StepFault>> FaultProbe<Result<T, E>> {
    #[doc(hidden)]
    #[must_use]
    pub fn fault(self) -> Option<fn(StepFault) -> Result<T, E>> {
        Some(|fault| Err(E::from(fault)))
    }
}

/// The fallback of [`FaultProbe`].
#[doc(hidden)]
pub trait NoFault<T> {
    #[doc(hidden)]
    fn fault(self) -> Option<fn(StepFault) -> T>;
}

impl<T> NoFault<T> for FaultProbe<T> {
    fn fault(self) -> Option<fn(StepFault) -> T> {
        None
    }
}

impl<T, E: std::error::Error> TraceProbe<Result<T, E>> {
    #[doc(hidden)]
    #[must_use]
    pub fn trace(self) -> Option<Trace<Result<T, E>>> {
        Some(|result| {
            result
                .as_ref()
                .err()
                .map_or_else(Vec::new, |error| source_chain(error))
        })
    }
}

/// The fallback of [`TraceProbe`].
#[doc(hidden)]
pub trait NoTrace<T> {
    #[doc(hidden)]
    fn trace(self) -> Option<Trace<T>>;
}

impl<T> NoTrace<T> for TraceProbe<T> {
    fn trace(self) -> Option<Trace<T>> {
        None
    }
}

/// The [`Outcome`] of a type: by structure, or as the option `fallible` or `infallible` says.
#[doc(hidden)]
#[macro_export]
macro_rules! __outcome {
    (plain $out:ty) => {
        $crate::__private::plain::<$out>()
    };
    (fallible $out:ty) => {
        $crate::__private::OutcomeProbe::<$out>::new()
            .outcome()
            .with_probes(
                {
                    #[allow(
                        unused_imports,
                        reason = "which trait a probe falls back to depends on the type"
                    )]
                    use $crate::__private::NoFault as _;
                    $crate::__private::FaultProbe::<$out>::new().fault()
                },
                {
                    #[allow(
                        unused_imports,
                        reason = "which trait a probe falls back to depends on the type"
                    )]
                    use $crate::__private::NoTrace as _;
                    $crate::__private::TraceProbe::<$out>::new().trace()
                },
            )
    };
    ($out:ty) => {{
        #[allow(
            unused_imports,
            reason = "which trait a probe falls back to depends on the type"
        )]
        use $crate::__private::{NoFault as _, NoTrace as _, PlainOutcome as _};
        $crate::__private::OutcomeProbe::<$out>::new()
            .outcome()
            .with_probes(
                $crate::__private::FaultProbe::<$out>::new().fault(),
                $crate::__private::TraceProbe::<$out>::new().trace(),
            )
    }};
}
