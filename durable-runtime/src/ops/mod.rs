//! The operations: what awaiting a step, a sleep, a child or a combinator does.

mod body;
mod child;
mod combine;
mod join;
mod now;
mod outside;
mod payload;
mod race;
mod sleep;
mod step;
mod step_record;
mod step_run;

pub use body::{CloneProbe, NotClone, StepBody};
pub use child::{Child, InlineChild, WorkflowCall, child, new_workflow};
pub use combine::{Branch, branch};
pub use join::{Join, TryJoin, join, try_join};
pub use now::{Now, now};
pub use race::*;
pub use sleep::{Sleep, SleepUntil, sleep, sleep_until};
pub use step::{InlineStep, Semantics, Step, StepMeta, new_step, step};
