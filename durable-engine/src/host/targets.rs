//! [`Targets`]: what an engine can run, by name.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use durable_runtime::host::Registration;

use crate::error::EngineError;
use crate::function::{DurableConfig, Function, FunctionConfig};
use crate::service::names;

/// Something with a name that can be invoked.
#[derive(Clone, Debug)]
pub(crate) enum Target {
    /// A workflow in this process.
    Workflow(Arc<Registration>),
    /// A function, wherever it runs.
    Function(Arc<Registered>),
}

/// A function and how the engine sees it.
pub(crate) struct Registered {
    pub(crate) config: FunctionConfig,
    pub(crate) function: Box<dyn Function>,
}

impl fmt::Debug for Registered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Registered").field(&self.config).finish()
    }
}

impl Target {
    /// The durable settings of a function; none for a plain one, and for a workflow, which has none.
    pub(crate) fn durable_config(&self) -> Option<DurableConfig> {
        match self {
            Self::Workflow(_) => None,
            Self::Function(registered) => registered.config.durable,
        }
    }

    /// Whether every invocation must name a tenant.
    pub(crate) fn isolates_tenants(&self) -> bool {
        match self {
            Self::Workflow(_) => false,
            Self::Function(registered) => registered.config.tenant_isolation,
        }
    }

    /// Whether an invocation of it is an execution.
    pub(crate) fn is_durable(&self) -> bool {
        match self {
            Self::Workflow(_) => true,
            Self::Function(registered) => registered.config.durable.is_some(),
        }
    }
}

/// Everything that is registered.
#[derive(Debug, Default)]
pub(crate) struct Targets(HashMap<Arc<str>, Target>);

impl Targets {
    /// Adds one; errs when the name is taken.
    pub(crate) fn add(&mut self, name: &str, target: Target) -> Result<(), EngineError> {
        match self.0.insert(Arc::from(name), target) {
            None => Ok(()),
            Some(_) => Err(EngineError::RegisteredTwice {
                workflow: name.to_owned(),
            }),
        }
    }

    /// The one with exactly this name, and the name as it is kept.
    pub(crate) fn get(&self, name: &str) -> Option<(&Arc<str>, &Target)> {
        self.0.get_key_value(name)
    }

    /// The one that a caller means: its name, or its name as ARNs show it, when only one looks like that.
    pub(crate) fn named(&self, name: &str) -> Option<(&Arc<str>, &Target)> {
        self.get(name).or_else(|| {
            let mut alike = self
                .0
                .iter()
                .filter(|(known, _)| names::in_arn(known) == name);
            alike.next().filter(|_| alike.next().is_none())
        })
    }

    /// Whether executions of this name can run here.
    pub(crate) fn runs(&self, name: &str) -> bool {
        self.0.get(name).is_some_and(Target::is_durable)
    }

    /// The one that runs executions of this name.
    pub(crate) fn durable(&self, name: &str) -> Result<(&Arc<str>, &Target), EngineError> {
        self.get(name)
            .filter(|(_, target)| target.is_durable())
            .ok_or_else(|| EngineError::NotRegistered {
                workflow: name.to_owned(),
                registered: self.names(),
            })
    }

    /// The names, sorted.
    pub(crate) fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = self.0.keys().map(ToString::to_string).collect();
        names.sort();
        names
    }
}
