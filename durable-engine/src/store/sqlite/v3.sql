-- Schema version 3. Documented in docs/storage.md; never edited after a release: later versions are migrations.

-- The events of the commit that created the operation, when that is the commit's first operation: JSON, an array with an array for each event:
-- [event_id, at, details], and when the event is about another operation or none, also its operation_id, parent_id, name and sub_type. NULL: they are in
-- the table `events`. Most operations are steps that start and end in one commit, and their events cost no row and no index entry of their own here.
ALTER TABLE operations ADD COLUMN events TEXT;

DROP VIEW events_readable;

CREATE VIEW events_readable AS
SELECT e.arn, e.workflow, e.name AS execution_name, v.event_id, v.type,
       strftime('%Y-%m-%dT%H:%M:%fZ', v.at / 1000.0, 'unixepoch') AS time,
       v.operation_id, v.parent_id, v.name, v.sub_type, v.details
  FROM (SELECT execution, event_id, type, at, operation_id, parent_id, name, sub_type, details FROM events
        UNION ALL
        SELECT o.execution, j.value ->> 0,
               (SELECT replace(d.key, 'Details', '') FROM json_each(j.value, '$[2]') AS d),
               j.value ->> 1,
               CASE json_array_length(j.value) WHEN 3 THEN o.id ELSE j.value ->> 3 END,
               CASE json_array_length(j.value) WHEN 3 THEN o.parent_id ELSE j.value ->> 4 END,
               CASE json_array_length(j.value) WHEN 3 THEN o.name ELSE j.value ->> 5 END,
               CASE json_array_length(j.value) WHEN 3 THEN o.sub_type ELSE j.value ->> 6 END,
               j.value -> 2
          FROM operations AS o, json_each(o.events) AS j) AS v
  JOIN executions AS e ON e.id = v.execution;
