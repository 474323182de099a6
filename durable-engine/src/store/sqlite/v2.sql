-- Schema version 2. Documented in docs/storage.md; never edited after a release: later versions are migrations.

-- Who asked for the execution and how, where that matters later: JSON; NULL: nothing of it does.
ALTER TABLE executions ADD COLUMN origin TEXT;

-- When the execution may be removed, once it has ended; NULL: never.
ALTER TABLE executions ADD COLUMN delete_at INTEGER;

-- What is to be removed next, however many executions there are.
CREATE INDEX executions_expiring ON executions (delete_at) WHERE delete_at IS NOT NULL;
