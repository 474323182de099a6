-- Schema version 1. Documented in docs/storage.md; never edited after a release: later versions are migrations.

-- One row per durable execution. Short, since every commit rewrites it: the input, which can be large and never
-- changes, has a table of its own.
CREATE TABLE executions (
    id                    INTEGER PRIMARY KEY,   -- refers to it from the other tables; rises with creation
    arn                   TEXT NOT NULL UNIQUE,
    workflow              TEXT NOT NULL,
    name                  TEXT NOT NULL,
    started_at            INTEGER NOT NULL,      -- all times: milliseconds since the Unix epoch
    timeout_seconds       INTEGER,
    callback_key          TEXT NOT NULL,         -- a secret
    status                TEXT NOT NULL,
    ended_at              INTEGER,               -- NULL: the execution is open
    invoke_at             INTEGER,               -- when the workflow has to be invoked next
    invocation            TEXT,                  -- JSON: the invocation that runs
    state                 TEXT NOT NULL,         -- JSON: tokens and counters
    error                 TEXT,                  -- JSON: ErrorObject
    result                TEXT,
    UNIQUE (workflow, name)
) STRICT;

-- Recovery and "what is running" read the open executions only, however many have ended.
CREATE INDEX executions_open ON executions (started_at) WHERE ended_at IS NULL;

CREATE TABLE inputs (
    execution             INTEGER PRIMARY KEY REFERENCES executions (id) ON DELETE CASCADE,
    input                 TEXT NOT NULL
) STRICT;

-- One row per operation, rewritten when the operation changes state. Rows lie in the order they were created, whatever
-- execution they belong to, so that the commits of a group fill pages together; the unique index finds those of one.
CREATE TABLE operations (
    row                   INTEGER PRIMARY KEY,
    execution             INTEGER NOT NULL REFERENCES executions (id) ON DELETE CASCADE,
    seq                   INTEGER NOT NULL,      -- order of creation within the execution
    id                    TEXT NOT NULL,
    parent_id             TEXT,
    name                  TEXT,
    type                  TEXT NOT NULL,
    sub_type              TEXT,
    status                TEXT NOT NULL,
    attempt               INTEGER,               -- steps: how many attempts have finished
    started_at            INTEGER NOT NULL,
    ended_at              INTEGER,
    due_at                INTEGER,               -- waits: the end; steps: the next attempt; callbacks: the timeout
    changed               INTEGER,               -- its number among the changes the workflow did not make itself
    service               TEXT,                  -- JSON: what only the service needs of it
    error                 TEXT,                  -- JSON: ErrorObject
    payload               TEXT,                  -- the input, of an EXECUTION
    result                TEXT,
    details               TEXT,                  -- JSON: what its type has beyond these columns; NULL: no details
    UNIQUE (execution, seq)
) STRICT;

-- What an execution waits for and its next deadline, without looking at operations that have ended. A step that starts
-- and succeeds in one commit never enters it.
CREATE INDEX operations_open ON operations (execution, due_at) WHERE ended_at IS NULL;

-- One row per history event, never changed. Laid out like operations, for the same reason.
CREATE TABLE events (
    row                   INTEGER PRIMARY KEY,
    execution             INTEGER NOT NULL REFERENCES executions (id) ON DELETE CASCADE,
    event_id              INTEGER NOT NULL,      -- 1, 2, 3, … within the execution
    type                  TEXT NOT NULL,
    at                    INTEGER NOT NULL,
    operation_id          TEXT,
    parent_id             TEXT,
    name                  TEXT,
    sub_type              TEXT,
    details               TEXT NOT NULL,         -- JSON: {"<type>Details": {…}}
    UNIQUE (execution, event_id)
) STRICT;

-- For reading by eye: the same with ISO-8601 times and the ARN in place of row numbers.
CREATE VIEW executions_readable AS
SELECT e.id, e.arn, e.workflow, e.name, e.status,
       strftime('%Y-%m-%dT%H:%M:%fZ', e.started_at / 1000.0, 'unixepoch') AS started,
       strftime('%Y-%m-%dT%H:%M:%fZ', e.ended_at / 1000.0, 'unixepoch') AS ended,
       strftime('%Y-%m-%dT%H:%M:%fZ', e.started_at / 1000.0 + e.timeout_seconds, 'unixepoch') AS times_out,
       strftime('%Y-%m-%dT%H:%M:%fZ', e.invoke_at / 1000.0, 'unixepoch') AS to_be_invoked,
       e.invocation,
       i.input, e.result, e.error
  FROM executions AS e LEFT JOIN inputs AS i ON i.execution = e.id;

CREATE VIEW operations_readable AS
SELECT e.arn, e.workflow, e.name AS execution_name, o.seq, o.id, o.parent_id, o.name, o.type, o.sub_type, o.status,
       o.attempt,
       strftime('%Y-%m-%dT%H:%M:%fZ', o.started_at / 1000.0, 'unixepoch') AS started,
       strftime('%Y-%m-%dT%H:%M:%fZ', o.ended_at / 1000.0, 'unixepoch') AS ended,
       strftime('%Y-%m-%dT%H:%M:%fZ', o.due_at / 1000.0, 'unixepoch') AS due,
       o.result, o.error
  FROM operations AS o JOIN executions AS e ON e.id = o.execution;

CREATE VIEW events_readable AS
SELECT e.arn, e.workflow, e.name AS execution_name, v.event_id, v.type,
       strftime('%Y-%m-%dT%H:%M:%fZ', v.at / 1000.0, 'unixepoch') AS time,
       v.operation_id, v.parent_id, v.name, v.sub_type, v.details
  FROM events AS v JOIN executions AS e ON e.id = v.execution;

-- Which executions wait for what, until when: the operations of open executions that have not ended. An enclosing
-- context is not what an execution waits for, so contexts and the execution itself are left out.
CREATE VIEW waiting AS
SELECT e.arn, e.workflow, e.name AS execution_name, o.id, o.name, o.type, o.sub_type, o.status, o.attempt,
       strftime('%Y-%m-%dT%H:%M:%fZ', o.started_at / 1000.0, 'unixepoch') AS since,
       strftime('%Y-%m-%dT%H:%M:%fZ', o.due_at / 1000.0, 'unixepoch') AS due
  FROM executions AS e JOIN operations AS o ON o.execution = e.id
 WHERE e.ended_at IS NULL AND o.ended_at IS NULL AND o.type NOT IN ('EXECUTION', 'CONTEXT');
