//! From a workflow function to something a host can start by name: [`Workflow`], [`State`], [`Registration`].

use std::any::{Any, TypeId, type_name};
use std::collections::{HashMap, HashSet};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use thiserror::Error;

use crate::error::short_type_name;
use crate::identity::{Tag, site_id, tag};
use crate::invocation::{Ending, InvocationError};
use crate::lock::Mutex;
use crate::ops::{StepBody, WorkflowCall};
use crate::outcome::{Encoded, Outcome, Payload, Recorded, decode_json};
use crate::plugin::{Plugin, Plugins};
use crate::saga::conclude;
use crate::site::Definition;
use crate::wire::ErrorObject;

/// What `#[durable_workflow]` makes of a function: the static side of a workflow that a host can start.
///
/// Implemented by the macro, for a struct with the function's name.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a workflow that can be started",
    note = "mark the function `#[durable_workflow]`; a workflow with type parameters can only be called from another workflow"
)]
pub trait Workflow: Send + Sync + 'static {
    /// The input, `()` where the function takes none.
    type Input: Payload + 'static;
    /// What the function returns.
    type Output: Send + 'static;
    /// Name and sites.
    const DEFINITION: &'static Definition;

    #[doc(hidden)]
    fn __outcome() -> Outcome<Self::Output>;

    #[doc(hidden)]
    fn __start(
        input: Self::Input,
        state: &State,
    ) -> Result<impl Future<Output = Self::Output> + Send + 'static, MissingState>;
}

/// A function that `#[durable_workflow]` made: finds its [`Workflow`] by inference, so that `register(fulfil)` is all there is to write.
#[diagnostic::on_unimplemented(
    message = "this is not a durable workflow function",
    note = "pass the function itself, not a call of it, and mark it `#[durable_workflow]`"
)]
pub trait WorkflowFn<W, Arguments> {}

macro_rules! workflow_fn {
    ($($argument:ident),*) => {
        #[diagnostic::do_not_recommend]
        impl<W, Function, Body, $($argument),*> WorkflowFn<W, ($($argument,)*)> for Function
        where
            Function: Fn($($argument),*) -> WorkflowCall<W, Body>,
            Body: StepBody,
        {
        }
    };
}
workflow_fn!();
workflow_fn!(A);
workflow_fn!(A, B);
workflow_fn!(A, B, C);
workflow_fn!(A, B, C, D);
workflow_fn!(A, B, C, D, E);
workflow_fn!(A, B, C, D, E, F);
workflow_fn!(A, B, C, D, E, F, G);
workflow_fn!(A, B, C, D, E, F, G, H);

/// The values that the host provides for `#[state]` parameters, one for each type.
///
/// ```
/// use durable_runtime::State;
///
/// #[derive(Clone)]
/// struct Clients { base_url: String }
///
/// let state = State::new().with(Clients { base_url: "http://localhost".into() });
/// assert_eq!(state.get::<Clients>().unwrap().base_url, "http://localhost");
/// assert!(state.get::<u32>().is_err());
/// ```
#[derive(Clone, Default)]
pub struct State(Arc<HashMap<TypeId, Slot>>);

#[derive(Clone)]
struct Slot {
    type_name: &'static str,
    value: Arc<Mutex<Box<dyn Any + Send>>>,
}

impl State {
    /// No values.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a value; it replaces an earlier one of the same type.
    #[must_use]
    pub fn with<T: Clone + Send + 'static>(mut self, value: T) -> Self {
        let slot = Slot {
            type_name: type_name::<T>(),
            value: Arc::new(Mutex::new(Box::new(value))),
        };
        Arc::make_mut(&mut self.0).insert(TypeId::of::<T>(), slot);
        self
    }

    /// A clone of the value of this type.
    ///
    /// # Errors
    /// When there is none.
    pub fn get<T: Clone + Send + 'static>(&self) -> Result<T, MissingState> {
        self.0
            .get(&TypeId::of::<T>())
            .and_then(|slot| slot.value.lock().downcast_ref::<T>().cloned())
            .ok_or(MissingState {
                type_name: type_name::<T>(),
            })
    }
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list()
            .entries(self.0.values().map(|slot| slot.type_name))
            .finish()
    }
}

/// A workflow has a `#[state]` parameter of a type that the host has no value for.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error(
    "a `#[state]` parameter of type `{type_name}` has no value; give the host one with `.state(..)` before it starts"
)]
pub struct MissingState {
    /// The parameter's type.
    pub type_name: &'static str,
}

/// The workflow future of an invocation, with its result encoded.
pub(crate) type RootFuture = Pin<Box<dyn Future<Output = Encoded> + Send>>;

type Start = dyn Fn(&str) -> Result<RootFuture, Ending> + Send + Sync;

/// Reads a finished execution's recorded end as what the workflow function returns.
///
/// # Errors
/// When the record isn't one of `W`'s: it failed by something other than the error the function returned, or the type has changed.
pub fn decode_end<W: Workflow>(recorded: Result<&str, &ErrorObject>) -> Result<W::Output, String> {
    let recorded = match recorded {
        Ok(json) => Recorded::Value(if json.is_empty() { "null" } else { json }),
        Err(error) => Recorded::Error(error),
    };
    (W::__outcome().decode)(recorded)
}

/// A workflow that a host can start from JSON.
pub struct Registration {
    definition: &'static Definition,
    retired: HashSet<Tag>,
    plugins: Plugins,
    start: Box<Start>,
}

impl std::fmt::Debug for Registration {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Registration")
            .field("name", &self.name())
            .finish_non_exhaustive()
    }
}

impl Registration {
    /// Registers `W` with the values for its `#[state]` parameters.
    #[must_use]
    pub fn new<W: Workflow>(state: State) -> Self {
        Self {
            definition: W::DEFINITION,
            retired: W::DEFINITION.retired().iter().map(tag).collect(),
            plugins: Plugins::new(),
            start: Box::new(move |input| start::<W>(input, &state)),
        }
    }

    /// Marks a site as removed on purpose: its records are skipped on replay instead of being divergence.
    ///
    /// `site_path` is `<workflow name>/<key>`. This is what a retired line of the lock file does by itself, where there is one.
    #[must_use]
    pub fn retire_site(mut self, site_path: &str) -> Self {
        self.retired.insert(tag(&site_id(site_path)));
        self
    }

    /// Adds a plugin that watches the executions of this workflow, after those it has.
    #[must_use]
    pub fn plugin(mut self, plugin: impl Plugin) -> Self {
        self.plugins = self.plugins.with(plugin);
        self
    }

    /// Puts a host's plugins before those it has. A host calls this once for each workflow that it runs.
    #[must_use]
    pub fn plugins(mut self, plugins: &Plugins) -> Self {
        self.plugins = plugins.clone().and(&self.plugins);
        self
    }

    /// The workflow's name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.definition.name()
    }

    /// Name and sites.
    #[must_use]
    pub fn definition(&self) -> &'static Definition {
        self.definition
    }

    pub(crate) fn retired(&self) -> HashSet<Tag> {
        self.retired.clone()
    }

    pub(crate) fn all_plugins(&self) -> Plugins {
        self.plugins.clone()
    }

    pub(crate) fn start(&self, input: &str) -> Result<RootFuture, Ending> {
        (self.start)(input)
    }
}

fn start<W: Workflow>(input: &str, state: &State) -> Result<RootFuture, Ending> {
    let input = decode_input::<W::Input>(input).map_err(|reason| {
        Ending::Failed(ErrorObject {
            error_type: Some("InvalidInput".to_owned()),
            error_message: Some(format!(
                "the input of workflow `{}` is no `{}`: {reason}",
                W::DEFINITION.name(),
                short_type_name::<W::Input>(),
            )),
            ..ErrorObject::default()
        })
    })?;
    let future = W::__start(input, state)
        .map_err(|missing| Ending::Errored(InvocationError::MissingState(missing)))?;
    Ok(Box::pin(async move {
        conclude(W::__outcome(), future)
            .await
            .unwrap_or_else(|reason| {
                Encoded::Error(ErrorObject {
                    error_type: Some("ResultNotRecordable".to_owned()),
                    error_message: Some(format!(
                        "the result of workflow `{}` can't be recorded: {reason}",
                        W::DEFINITION.name()
                    )),
                    ..ErrorObject::default()
                })
            })
    }))
}

/// An absent input, and the `{}` that Lambda's console sends by default, fit a workflow without one.
fn decode_input<T: Payload>(input: &str) -> Result<T, String> {
    let input = input.trim();
    decode_json(if input.is_empty() { "null" } else { input }).or_else(|reason| {
        if input == "{}" {
            decode_json("null").map_err(|_| reason)
        } else {
            Err(reason)
        }
    })
}
