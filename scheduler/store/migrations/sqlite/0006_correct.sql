-- What was withdrawn or taken back stays on record: when, and of an event why. An event that was moved has its last reason.
ALTER TABLE events ADD COLUMN withdrawn_at INTEGER NOT NULL DEFAULT 0;

ALTER TABLE events ADD COLUMN reason TEXT NOT NULL DEFAULT '';

ALTER TABLE completions ADD COLUMN undone_at INTEGER NOT NULL DEFAULT 0;

CREATE INDEX deadlines_event ON deadlines (event_id);
