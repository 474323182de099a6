//! Applying a checkpoint: the whole batch or nothing.

use std::fmt;

use foldhash::HashMap;

use durable_runtime::wire::{
    Operation, OperationAction, OperationType, OperationUpdate, Timestamp,
};

use super::{
    event::Event,
    execution::Execution,
    record::{
        Commit, ExecutionStatus, InvokeTarget, LastCheckpoint, ServiceDetails, StoredOperation,
    },
    rejected::{Rejected, Rule},
    rules,
    transition::advance,
};

/// Says what the START of a CHAINED_INVOKE invokes.
pub type FindTarget<'a> = dyn Fn(&OperationUpdate) -> Option<InvokeTarget> + Send + Sync + 'a;

/// A checkpoint call.
#[derive(Clone)]
pub struct Checkpoint<'a> {
    token: &'a str,
    next_token: String,
    updates: &'a [OperationUpdate],
    client_token: Option<&'a str>,
    targets: Option<&'a FindTarget<'a>>,
}

impl fmt::Debug for Checkpoint<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Checkpoint")
            .field("updates", &self.updates)
            .field("client_token", &self.client_token)
            .finish_non_exhaustive()
    }
}

impl<'a> Checkpoint<'a> {
    /// The updates, in order and possibly none; the token the call came with; and the one that its answer gives out, which
    /// must be unguessable and never used before.
    pub fn new(token: &'a str, next_token: String, updates: &'a [OperationUpdate]) -> Self {
        Self {
            token,
            next_token,
            updates,
            client_token: None,
            targets: None,
        }
    }

    /// What knows the functions that can be invoked. Without it none can.
    #[must_use]
    pub fn targets(mut self, targets: &'a FindTarget<'a>) -> Self {
        self.targets = Some(targets);
        self
    }

    /// The caller's own mark of this call: the same call again, with the same mark and token, has the same answer.
    #[must_use]
    pub fn client_token(mut self, client_token: &'a str) -> Self {
        self.client_token = Some(client_token);
        self
    }
}

/// The answer to a checkpoint. It may be given once the commit is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    /// The token of the next checkpoint; none when this invocation may write no more: the workflow has
    /// checkpointed its own end, or the execution is paused.
    pub token: Option<String>,
    /// The operations of this checkpoint as they are now, then those that completed since the last one.
    pub operations: Vec<Operation>,
    /// What to store. Empty for a repeated call.
    pub commit: Commit,
}

impl Execution {
    /// Applies a batch of updates: all of it, or, when one of them breaks a rule, nothing.
    ///
    /// Errs with [`Rejected::StaleToken`] when the token isn't the current one, and otherwise with the first update that
    /// breaks a rule. A token that brought a refused batch is still good.
    pub fn apply(&mut self, call: Checkpoint<'_>, now: Timestamp) -> Result<Applied, Rejected> {
        if let Some(applied) = self.repeated(&call) {
            return Ok(applied);
        }
        if self.record.token.as_deref() != Some(call.token) {
            return Err(Rejected::StaleToken {
                arn: self.record.arn.to_string(),
            });
        }
        let batch = self.validate(&call, now)?;

        // From here on nothing can fail.
        for stored in &batch.operations {
            self.table.put(stored.clone(), self.record.delivered);
        }
        self.record.next_event_id += batch.events.len() as u64;
        self.record.next_seq = self.table.len() as u64;
        self.record.token = match batch.closing {
            None => Some(call.next_token),
            Some(_) => None,
        };
        if let Some(update) = batch.closing {
            self.record.closing = Some(match update.action {
                OperationAction::Succeed => ExecutionStatus::Succeeded,
                _ => ExecutionStatus::Failed,
            });
            self.record.result.clone_from(&update.payload);
            self.record.error.clone_from(&update.error);
        }
        let told = self.tell(!call.updates.is_empty());
        let seqs: Vec<u64> = batch
            .operations
            .iter()
            .map(|stored| stored.seq)
            .chain(told)
            .collect();
        self.record.last_checkpoint = call.client_token.map(|client_token| LastCheckpoint {
            client_token: client_token.to_owned(),
            token: call.token.to_owned(),
            operations: seqs.clone(),
        });
        let operations = self.answer(&seqs);
        let mut events = batch.events;
        if self.record.closing.is_none()
            && let Some(paused) = self.come_to_pause(now)
        {
            // This was the invocation's last word for now.
            events.push(paused);
            self.record.token = None;
            if let Some(invocation) = &mut self.record.invocation {
                invocation.cut = true;
            }
        }
        let commit = self.commit(batch.operations, events);
        Ok(Applied {
            token: self.record.token.clone(),
            operations,
            commit,
        })
    }

    /// Notes that the open invocation is told of every change, and returns those it was not yet told of.
    fn tell(&mut self, progressed: bool) -> Vec<u64> {
        let Some(invocation) = &mut self.record.invocation else {
            return Vec::new();
        };
        invocation.progressed |= progressed;
        let before = std::mem::replace(&mut invocation.told, self.record.changes);
        self.table
            .changed_after(before)
            .map(|stored| stored.seq)
            .collect()
    }

    /// The answer to a call that was answered before.
    fn repeated(&self, call: &Checkpoint<'_>) -> Option<Applied> {
        let last = self.record.last_checkpoint.as_ref()?;
        if Some(last.client_token.as_str()) != call.client_token || last.token != call.token {
            return None;
        }
        Some(Applied {
            token: self.record.token.clone(),
            operations: self.answer(&last.operations),
            commit: self.commit(Vec::new(), Vec::new()),
        })
    }

    fn answer(&self, seqs: &[u64]) -> Vec<Operation> {
        let places = seqs.iter().filter_map(|seq| usize::try_from(*seq).ok());
        places
            .filter_map(|place| self.table.at(place))
            .map(|it| it.operation.clone())
            .collect()
    }

    fn validate<'a>(&self, call: &Checkpoint<'a>, now: Timestamp) -> Result<Batch<'a>, Rejected> {
        let updates = call.updates;
        let mut batch = Batch {
            targets: call.targets,
            // A step that starts and ends makes two updates of one operation.
            operations: Vec::with_capacity(updates.len().div_ceil(2)),
            events: Vec::with_capacity(updates.len()),
            ..Batch::default()
        };
        for (index, update) in updates.iter().enumerate() {
            self.accept(&mut batch, update, now)
                .map_err(|rule| Rejected::Update {
                    number: index + 1,
                    count: updates.len(),
                    id: update.id.clone(),
                    operation_type: update.operation_type,
                    action: update.action,
                    rule,
                })?;
        }
        Ok(batch)
    }

    /// Adds one update to the batch, if everything recorded and everything before it in the batch allow it.
    fn accept<'a>(
        &self,
        batch: &mut Batch<'a>,
        update: &'a OperationUpdate,
        now: Timestamp,
    ) -> Result<(), Rule> {
        if batch.closing.is_some() {
            return Err(Rule::ExecutionNotLast);
        }
        rules::check_shape(update, self.record.origin.result_max())?;
        if update.operation_type == OperationType::Execution {
            batch.closing = Some(update);
            return Ok(());
        }
        let touched = batch.touched.get(update.id.as_str()).copied();
        if touched.is_some_and(|touched| !touched.may_be_followed_by(update)) {
            return Err(Rule::Repeated);
        }
        let recorded = match touched {
            Some(touched) => batch.operations.get(touched.place),
            None => self.table.get(&update.id),
        };
        rules::check_transition(update, recorded.map(|stored| &stored.operation))?;
        let parent = match recorded {
            Some(stored) => stored.operation.parent_id.as_deref(),
            None => update.parent_id.as_deref(),
        };
        if let Some(parent) = parent {
            rules::check_parent(parent, self.find(batch, parent))?;
        }

        let place = match (touched, recorded) {
            (Some(touched), _) => touched.place,
            (None, Some(stored)) => batch.add(stored.clone()),
            (None, None) => {
                let mut opened = self.opened(update, self.table.len() as u64 + batch.opened, now);
                if let Some(ServiceDetails::ChainedInvoke { target, .. }) = &mut opened.service {
                    *target = batch.targets.and_then(|find| find(update));
                }
                batch.opened += 1;
                batch.add(opened)
            }
        };
        let event = self.record.next_event_id + batch.events.len() as u64;
        if let Some(stored) = batch.operations.get_mut(place) {
            // What the workflow itself changes it need not be told of.
            stored.changed = None;
            let details = advance(&mut stored.operation, stored.service.as_ref(), update, now);
            let event = Event::of_operation(event, now, &stored.operation, details);
            batch.events.push(event);
        }
        batch.touch(place, update);
        Ok(())
    }

    /// An operation as the batch so far leaves it.
    fn find<'b>(&'b self, batch: &'b Batch<'_>, id: &str) -> Option<&'b Operation> {
        let stored = match batch.touched.get(id) {
            Some(touched) => batch.operations.get(touched.place),
            None => self.table.get(id),
        };
        stored.map(|stored| &stored.operation)
    }
}

/// A batch that was found legal so far, and what it will leave behind.
#[derive(Default)]
struct Batch<'a> {
    operations: Vec<StoredOperation>,
    touched: HashMap<&'a str, Touched>,
    events: Vec<Event>,
    /// How many of the operations are new.
    opened: u64,
    /// The update of the EXECUTION, which ends the batch.
    closing: Option<&'a OperationUpdate>,
    targets: Option<&'a FindTarget<'a>>,
}

/// An operation that the batch has touched.
#[derive(Clone, Copy)]
struct Touched {
    place: usize,
    /// Its only update so far is the START of a step or context.
    started: bool,
}

impl Touched {
    fn may_be_followed_by(self, update: &OperationUpdate) -> bool {
        self.started && update.action != OperationAction::Start
    }
}

impl<'a> Batch<'a> {
    /// Adds an operation that was not touched before, and says where it is.
    fn add(&mut self, stored: StoredOperation) -> usize {
        self.operations.push(stored);
        self.operations.len() - 1
    }

    fn touch(&mut self, place: usize, update: &'a OperationUpdate) {
        let started = update.action == OperationAction::Start
            && matches!(
                update.operation_type,
                OperationType::Step | OperationType::Context
            );
        self.touched.insert(&update.id, Touched { place, started });
    }
}
