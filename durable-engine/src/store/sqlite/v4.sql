-- Schema version 4. Documented in docs/storage.md; never edited after a release: later versions are migrations.

-- What `executions.state` would be after the commit that created this operation, when that commit changed nothing else of its execution's row: then the row is
-- left alone, which saves most commits one page of the three that they would write. Of the two states of an execution, its own and that of its operation with
-- the highest seq, the one with the higher next_event_id counts, and its own where these are the same. NULL: it is in `executions`.
ALTER TABLE operations ADD COLUMN state TEXT;
