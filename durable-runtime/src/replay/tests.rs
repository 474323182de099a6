//! A workflow's table, records made by hand, and what the two say of each other.

mod divergence;
mod history;
mod scopes;

use super::*;
use crate::identity::{Kind, OperationId, ROOT_SCOPE, ScopeId, derive, marked};
use crate::site::{Definition, OnDivergence, Site};
use crate::wire::{Operation, OperationStatus, OperationType, Timestamp};

/// The `order`th site of a table, with a slot and an id that no other has.
const fn site(key: &'static str, order: u32) -> Site {
    Site {
        id: [order as u8 + 1; 16],
        key,
        slot: order,
        line: order + 10,
        order,
        loops: &[],
        branches: &[],
        floating: false,
        closures: 0,
        flat: false,
    }
}

const RACE: u32 = 4;

/// Two steps, a loop with two in it, a race of two branches, a closure kept for later, and a last step.
static FLOW: Definition = Definition::__new("flow", "flow.rs", &SITES, 9, OnDivergence::Retry);
static SITES: [Site; 9] = [
    site("charge", 0),
    site("ship", 1),
    Site {
        loops: &[1],
        ..site("bill", 2)
    },
    Site {
        loops: &[1, 2],
        ..site("mail", 3)
    },
    site("race", RACE),
    Site {
        branches: &[(RACE, 0)],
        ..site("left", 5)
    },
    Site {
        branches: &[(RACE, 1)],
        ..site("right", 6)
    },
    Site {
        floating: true,
        ..site("later", 7)
    },
    site("last", 8),
];

fn at(key: &str) -> &'static Site {
    SITES.iter().find(|site| site.key == key).unwrap()
}

/// A step at this site in a scope, reached for the first time.
fn step_in(scope: &ScopeId, site: &Site) -> Operation {
    operation(OperationId::derive(scope, &site.id, "", 0))
}

/// A step at this site in the execution's own scope.
fn step(key: &str) -> Operation {
    step_in(&ROOT_SCOPE, at(key))
}

fn operation(id: OperationId) -> Operation {
    let status = OperationStatus::Succeeded;
    Operation::new(
        id.to_string(),
        OperationType::Step,
        status,
        Timestamp::default(),
    )
}

fn id_of(operation: &Operation) -> OperationId {
    OperationId::parse(&operation.id).unwrap()
}

fn branch(key: &str) -> ScopeId {
    derive(Kind::Branch, &ROOT_SCOPE, &at("race").id, key, 0)
}

fn history(operations: impl IntoIterator<Item = Operation>) -> History {
    let mut history = History::default();
    history.load(operations.into_iter().collect());
    history
}

fn inside(parent: &Operation, operation: Operation) -> Operation {
    Operation {
        parent_id: Some(parent.id.clone()),
        ..operation
    }
}
