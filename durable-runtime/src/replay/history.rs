//! The recorded operations of an execution, indexed by id.

use std::collections::{HashMap, HashSet};

use crate::identity::{IdMap, OperationId, SiteId, Tag, tag};
use crate::wire::{Operation, OperationStatus, OperationType, OperationUpdate};

/// One recorded operation.
#[derive(Debug)]
pub(crate) struct Record {
    pub(crate) operation: Operation,
    id: OperationId,
    parent: Option<OperationId>,
    reached: bool,
}

/// Where a record stands in [`History`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RecordIndex(u32);

/// The unreached records by the scope and the parent they were recorded under. Built when the first new operation
/// starts, which is when replay is over in the usual case and nearly nothing is left to index.
#[derive(Debug, Default)]
struct Unreached {
    by_scope: HashMap<Tag, Vec<RecordIndex>>,
    by_parent: HashMap<Option<OperationId>, Vec<RecordIndex>>,
}

/// What the service knows of this execution's operations, as far as it told us.
#[derive(Debug, Default)]
pub(crate) struct History {
    records: Vec<Record>,
    index: IdMap<RecordIndex>,
    /// How many records of a CONTEXT (of the execution itself: `None`) the code hasn't reached yet.
    open:
        HashMap<Option<OperationId>, u32, std::hash::BuildHasherDefault<crate::identity::IdHasher>>,
    unreached: Option<Unreached>,
    /// Waits that are not over.
    waits: IdMap<()>,
    /// The sites that were removed on purpose: their records count as reached.
    retired: HashSet<Tag>,
}

impl History {
    /// One that skips the records of these sites.
    pub(crate) fn new(retired: HashSet<Tag>) -> Self {
        Self {
            retired,
            ..Self::default()
        }
    }

    /// Takes the operations of a page of the initial state.
    pub(crate) fn load(&mut self, operations: Vec<Operation>) {
        self.records.reserve(operations.len());
        self.index.reserve(operations.len());
        for operation in operations {
            if let Some(id) = OperationId::parse(&operation.id) {
                self.insert(id, operation, false);
            }
        }
    }

    /// Skips the records of these sites too: a workflow is called whose sites they were.
    pub(crate) fn retire(&mut self, sites: &[SiteId]) {
        let before = self.retired.len();
        self.retired.extend(sites.iter().map(tag));
        if self.retired.len() == before {
            return;
        }
        for record in &mut self.records {
            if !record.reached && self.retired.contains(&record.id.site_tag()) {
                record.reached = true;
                if let Some(open) = self.open.get_mut(&record.parent) {
                    *open = open.saturating_sub(1);
                }
            }
        }
    }

    /// Applies operations that changed, from a checkpoint's answer or from the host. Returns nothing for ids that no
    /// scope of ours can have made (the EXECUTION operation, another SDK's).
    pub(crate) fn merge(&mut self, operation: Operation) -> Option<OperationId> {
        let id = OperationId::parse(&operation.id)?;
        self.note_wait(id, &operation);
        match self
            .index
            .get(&id)
            .and_then(|at| self.records.get_mut(at.0 as usize))
        {
            Some(record) => record.operation = operation,
            // New to us means that we have just started it: nothing else creates operations.
            None => self.insert(id, operation, true),
        }
        Some(id)
    }

    fn insert(&mut self, id: OperationId, operation: Operation, is_ours: bool) {
        if operation.operation_type == OperationType::Execution {
            return;
        }
        self.note_wait(id, &operation);
        let parent = operation.parent_id.as_deref().and_then(OperationId::parse);
        let reached = is_ours || self.retired.contains(&id.site_tag());
        if let Some(record) = self
            .index
            .get(&id)
            .and_then(|at| self.records.get_mut(at.0 as usize))
        {
            record.operation = operation;
            return;
        }
        if !reached {
            *self.open.entry(parent).or_default() += 1;
        }
        let at = RecordIndex(u32::try_from(self.records.len()).unwrap_or(u32::MAX));
        self.records.push(Record {
            operation,
            id,
            parent,
            reached,
        });
        self.index.insert(id, at);
    }

    fn note_wait(&mut self, id: OperationId, operation: &Operation) {
        if operation.operation_type == OperationType::Wait {
            if operation.status == OperationStatus::Started {
                self.waits.insert(id, ());
            } else {
                self.waits.remove(&id);
            }
        }
    }

    /// Updates that cancel the open waits of these scopes.
    pub(crate) fn open_waits_in(&self, is_meant: impl Fn(Tag) -> bool) -> Vec<OperationUpdate> {
        let waits = self.waits.keys().filter(|id| is_meant(id.scope_tag()));
        let mut cancels: Vec<OperationUpdate> =
            waits.filter_map(|id| self.get(id)).map(cancel).collect();
        cancels.sort_by(|a, b| a.id.cmp(&b.id));
        cancels
    }

    /// Forgets what was reached, for another replay of the same invocation.
    pub(crate) fn rewind(&mut self) {
        self.open.clear();
        self.unreached = None;
        for record in &mut self.records {
            record.reached = self.retired.contains(&record.id.site_tag());
            if !record.reached {
                *self.open.entry(record.parent).or_default() += 1;
            }
        }
    }

    /// How many operations are known.
    pub(crate) fn len(&self) -> usize {
        self.records.len()
    }

    /// The operations that the code reached and that have not ended, and these others, in the order they were recorded in.
    pub(crate) fn open_or_in(&self, others: &IdMap<()>) -> Vec<OperationId> {
        self.records
            .iter()
            .filter(|record| {
                let open = record.reached && !record.operation.status.is_terminal();
                open || others.contains_key(&record.id)
            })
            .map(|record| record.id)
            .collect()
    }

    pub(crate) fn get(&self, id: &OperationId) -> Option<&Operation> {
        let at = self.index.get(id)?;
        self.records
            .get(at.0 as usize)
            .map(|record| &record.operation)
    }

    pub(crate) fn get_mut(&mut self, id: &OperationId) -> Option<&mut Operation> {
        let at = self.index.get(id)?;
        self.records
            .get_mut(at.0 as usize)
            .map(|record| &mut record.operation)
    }

    /// The code reached this operation. `None`: it is new.
    pub(crate) fn reach(&mut self, id: &OperationId) -> Option<&Operation> {
        let record = self.records.get_mut(self.index.get(id)?.0 as usize)?;
        if !record.reached {
            record.reached = true;
            if let Some(open) = self.open.get_mut(&record.parent) {
                *open = open.saturating_sub(1);
            }
        }
        Some(&record.operation)
    }

    /// How many records under this CONTEXT (`None`: the execution) the code hasn't reached.
    pub(crate) fn open_under(&self, parent: Option<OperationId>) -> u32 {
        self.open.get(&parent).copied().unwrap_or(0)
    }

    /// The unreached records tagged with a scope.
    pub(crate) fn unreached_in_scope(&mut self, scope: Tag) -> Vec<RecordIndex> {
        self.unreached_list(|lists| lists.by_scope.get_mut(&scope))
    }

    /// The unreached records under a CONTEXT, whatever virtual scope they are tagged with.
    pub(crate) fn unreached_under(&mut self, parent: Option<OperationId>) -> Vec<RecordIndex> {
        self.unreached_list(|lists| lists.by_parent.get_mut(&parent))
    }

    fn unreached_list<'a>(
        &'a mut self,
        list: impl FnOnce(&'a mut Unreached) -> Option<&'a mut Vec<RecordIndex>>,
    ) -> Vec<RecordIndex> {
        let Self {
            records, unreached, ..
        } = self;
        let lists = unreached.get_or_insert_with(|| {
            let mut lists = Unreached::default();
            for (at, record) in (0u32..)
                .zip(records.iter())
                .filter(|(_, record)| !record.reached)
            {
                lists
                    .by_scope
                    .entry(record.id.scope_tag())
                    .or_default()
                    .push(RecordIndex(at));
                lists
                    .by_parent
                    .entry(record.parent)
                    .or_default()
                    .push(RecordIndex(at));
            }
            lists
        });
        list(lists).map_or_else(Vec::new, |list| {
            // What was reached since is dropped for good, so a scan costs what is left, not what there was.
            list.retain(|at| {
                records
                    .get(at.0 as usize)
                    .is_some_and(|record| !record.reached)
            });
            list.clone()
        })
    }

    pub(crate) fn record(&self, at: RecordIndex) -> Option<(OperationId, &Operation)> {
        self.records
            .get(at.0 as usize)
            .map(|record| (record.id, &record.operation))
    }
}

fn cancel(wait: &Operation) -> OperationUpdate {
    let mut update = OperationUpdate::cancel(wait.operation_type, &*wait.id);
    update.sub_type.clone_from(&wait.sub_type);
    update.name.clone_from(&wait.name);
    update.parent_id.clone_from(&wait.parent_id);
    update
}
