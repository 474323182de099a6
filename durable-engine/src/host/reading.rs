//! Executions that are not in memory: read from the store, and set going.

use std::sync::Arc;

use durable_runtime::wire::ErrorObject;
use parking_lot::Mutex;

use super::Host;
use super::slot::Slot;
use super::slots::{Departures, Found, Slots};
use super::targets::Target;
use crate::core::{Execution, InvocationEnd};
use crate::error::EngineError;
use crate::store::Loaded;

/// Leave to read an execution, or to create it.
pub(super) struct Reader<'h> {
    slots: &'h Mutex<Slots<Slot>>,
    arn: Arc<str>,
    before: Departures,
}

impl Drop for Reader<'_> {
    fn drop(&mut self) {
        self.slots.lock().done(&self.arn);
    }
}

impl Reader<'_> {
    /// See [`Slots::put`].
    pub(super) fn put(&self, slot: impl FnOnce() -> Slot) -> Option<Arc<Slot>> {
        self.slots.lock().put(&self.arn, self.before, slot)
    }
}

impl Host {
    pub(super) fn in_memory(&self, arn: &str) -> Option<Arc<Slot>> {
        self.slots.lock().get(arn)
    }

    /// The slot of an execution that has not ended, read from the store if need be. `None`: it has ended, or never was.
    pub(crate) async fn slot(
        self: &Arc<Self>,
        arn: &str,
    ) -> Result<Option<Arc<Slot>>, EngineError> {
        if let Some(slot) = self.in_memory(arn) {
            return Ok(Some(slot));
        }
        // A caller that stops waiting must not leave one in memory that nobody has set going.
        let (host, arn) = (Arc::clone(self), Arc::from(arn));
        self.to_the_end(async move { host.read(arn).await }).await?
    }

    /// Leave to read or to create an execution, unless it is there.
    pub(super) fn look(&self, arn: &Arc<str>) -> Result<Reader<'_>, Arc<Slot>> {
        match self.slots.lock().look(arn) {
            Found::There(slot) => Err(slot),
            Found::Absent(before) => Ok(Reader {
                slots: &self.slots,
                arn: Arc::clone(arn),
                before,
            }),
        }
    }

    async fn read(self: &Arc<Self>, arn: Arc<str>) -> Result<Option<Arc<Slot>>, EngineError> {
        loop {
            let reader = match self.look(&arn) {
                Ok(reader) => reader,
                Err(slot) => return Ok(Some(slot)),
            };
            let Some(loaded) = self.store.load(&arn).await? else {
                return Ok(None);
            };
            if loaded.record.status.is_terminal() {
                return Ok(None);
            }
            if let Some(slot) = self.put(&reader, loaded)? {
                self.set_going(&slot).await?;
                return Ok(Some(slot));
            }
        }
    }

    fn put(&self, reader: &Reader<'_>, loaded: Loaded) -> Result<Option<Arc<Slot>>, EngineError> {
        let (_, target) = self.targets.durable(&loaded.record.workflow)?;
        let target = Target::clone(target);
        let execution = Execution::restore(loaded.record, loaded.operations)?;
        Ok(reader.put(|| Slot::new(Arc::clone(&reader.arn), target, execution)))
    }

    /// What the process that had it before has left open.
    async fn set_going(self: &Arc<Self>, slot: &Arc<Slot>) -> Result<(), EngineError> {
        let mut guarded = slot.guarded.lock().await;
        if guarded.execution.record().invocation.is_some() && !guarded.running {
            let error = ErrorObject::new(
                "Runtime.ExitError",
                "the process that ran this invocation ended before the invocation did",
            );
            let commit = guarded
                .execution
                .invocation_ended(InvocationEnd::Lost(error), self.clock.now());
            self.commit(slot, &mut guarded, commit).await?;
        }
        self.pursue(slot, guarded.execution.operations());
        self.schedule(slot, &mut guarded);
        Ok(())
    }
}
