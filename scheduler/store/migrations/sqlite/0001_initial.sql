-- Instants are Unix milliseconds (0: none), dates are ISO 8601 texts ('': none), lists of units are JSON arrays.
-- The length checks are those of the MySQL columns, so that what is accepted here is accepted there.

CREATE TABLE deadlines (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  deadline_key TEXT NOT NULL CHECK (length(deadline_key) <= 255),
  unit TEXT NOT NULL CHECK (length(unit) <= 128),
  obligation TEXT NOT NULL,
  rule TEXT NOT NULL,
  kind TEXT NOT NULL,
  table_row INTEGER NOT NULL,
  title TEXT NOT NULL,
  period TEXT NOT NULL,
  event_id TEXT NOT NULL,
  due_date TEXT NOT NULL,
  due_instant INTEGER NOT NULL,
  due_earliest TEXT NOT NULL,
  provisional INTEGER NOT NULL,
  extended_to TEXT NOT NULL,
  state TEXT NOT NULL,
  lead_units TEXT NOT NULL,
  responsible_units TEXT NOT NULL,
  needed INTEGER NOT NULL,
  completions INTEGER NOT NULL,
  opened_at INTEGER NOT NULL,
  closed_at INTEGER NOT NULL,
  late INTEGER NOT NULL,
  plan TEXT NOT NULL,
  UNIQUE (deadline_key, unit)
) STRICT;

CREATE INDEX deadlines_state ON deadlines (state, id);

CREATE TABLE reminders (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  deadline_id INTEGER NOT NULL REFERENCES deadlines (id),
  stage TEXT NOT NULL CHECK (length(stage) <= 64),
  unit TEXT NOT NULL CHECK (length(unit) <= 128),
  fires_at INTEGER NOT NULL,
  immediate INTEGER NOT NULL,
  state TEXT NOT NULL,
  message_key TEXT NOT NULL CHECK (length(message_key) <= 512),
  UNIQUE (deadline_id, stage, unit)
) STRICT;

-- A pass reads one range of this index, however many deadlines are open.
CREATE INDEX reminders_ripe ON reminders (state, immediate, fires_at);

CREATE INDEX reminders_message ON reminders (message_key);

CREATE TABLE events (
  id TEXT NOT NULL PRIMARY KEY CHECK (length(id) <= 64),
  trigger_name TEXT NOT NULL,
  happened_at INTEGER NOT NULL,
  unit TEXT NOT NULL,
  ref TEXT NOT NULL,
  title TEXT NOT NULL,
  announced_at INTEGER NOT NULL,
  recorded_at INTEGER NOT NULL,
  recorded_by TEXT NOT NULL
) STRICT;

CREATE INDEX events_happened ON events (happened_at, id);

-- The digest is of a completion's every field: recording the same words twice records them once.
CREATE TABLE completions (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  digest TEXT NOT NULL UNIQUE CHECK (length(digest) = 64),
  deadline_id INTEGER NOT NULL REFERENCES deadlines (id),
  unit TEXT NOT NULL,
  url TEXT NOT NULL,
  note TEXT NOT NULL,
  late INTEGER NOT NULL,
  recorded_at INTEGER NOT NULL,
  recorded_by TEXT NOT NULL
) STRICT;

CREATE INDEX completions_deadline ON completions (deadline_id);

CREATE TABLE extensions (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  digest TEXT NOT NULL UNIQUE CHECK (length(digest) = 64),
  deadline_id INTEGER NOT NULL REFERENCES deadlines (id),
  from_date TEXT NOT NULL,
  to_date TEXT NOT NULL,
  reason TEXT NOT NULL,
  recorded_at INTEGER NOT NULL,
  recorded_by TEXT NOT NULL
) STRICT;

CREATE INDEX extensions_deadline ON extensions (deadline_id);

-- The outbox. The fence grows with each lease, so that a late comer's compare-and-set fails.
CREATE TABLE messages (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  message_key TEXT NOT NULL UNIQUE CHECK (length(message_key) <= 512),
  header_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  unit TEXT NOT NULL,
  recipient TEXT NOT NULL,
  promised_at INTEGER NOT NULL,
  thread TEXT NOT NULL,
  subject TEXT NOT NULL,
  body_text TEXT NOT NULL,
  body_html TEXT NOT NULL,
  state TEXT NOT NULL,
  next_at INTEGER NOT NULL,
  attempt INTEGER NOT NULL,
  uncertain INTEGER NOT NULL,
  lease_owner TEXT NOT NULL,
  lease_until INTEGER NOT NULL,
  fence INTEGER NOT NULL,
  begun_at INTEGER NOT NULL,
  settled_at INTEGER NOT NULL,
  reported_at INTEGER NOT NULL
) STRICT;

CREATE INDEX messages_due ON messages (state, next_at, id);

CREATE INDEX messages_reported ON messages (state, reported_at);

CREATE TABLE deliveries (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  message_id INTEGER NOT NULL REFERENCES messages (id),
  attempt INTEGER NOT NULL,
  class TEXT NOT NULL,
  code INTEGER NOT NULL,
  reply TEXT NOT NULL,
  begun_at INTEGER NOT NULL,
  ended_at INTEGER NOT NULL,
  UNIQUE (message_id, attempt)
) STRICT;

CREATE TABLE audit (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  recorded_at INTEGER NOT NULL,
  recorded_by TEXT NOT NULL,
  action TEXT NOT NULL,
  target TEXT NOT NULL,
  detail TEXT NOT NULL
) STRICT;

CREATE TABLE settings (
  name TEXT NOT NULL PRIMARY KEY CHECK (length(name) <= 128),
  value TEXT NOT NULL
) STRICT;
