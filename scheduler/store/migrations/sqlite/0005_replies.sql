-- By what a bounce or a reply names.
CREATE INDEX messages_header ON messages (header_id);

-- What a mail that may be replied to numbers, from 1: a JSON array of keys and units. letter_key is the first message's.
CREATE TABLE letters (
  letter_key TEXT NOT NULL PRIMARY KEY CHECK (length(letter_key) <= 512),
  numbered TEXT NOT NULL
) STRICT;

-- Addresses are in lower case.
CREATE TABLE addresses (
  address TEXT NOT NULL PRIMARY KEY CHECK (length(address) <= 320),
  state TEXT NOT NULL,
  unit TEXT NOT NULL CHECK (length(unit) <= 128),
  reason TEXT NOT NULL,
  since INTEGER NOT NULL,
  message_key TEXT NOT NULL CHECK (length(message_key) <= 512)
) STRICT;

-- The digest is of message, status and kind: the same word about one message is kept once.
CREATE TABLE bounces (
  digest TEXT NOT NULL PRIMARY KEY CHECK (length(digest) = 64),
  message_key TEXT NOT NULL CHECK (length(message_key) <= 512),
  status TEXT NOT NULL CHECK (length(status) <= 64),
  permanent INTEGER NOT NULL,
  reason TEXT NOT NULL,
  recorded_at INTEGER NOT NULL
) STRICT;

-- The id is of writer and Message-ID: a reply that is played again is known.
CREATE TABLE replies (
  id TEXT NOT NULL PRIMARY KEY CHECK (length(id) <= 64),
  message_key TEXT NOT NULL CHECK (length(message_key) <= 512),
  unit TEXT NOT NULL CHECK (length(unit) <= 128),
  dated_at INTEGER NOT NULL,
  received_at INTEGER NOT NULL,
  handled_at INTEGER NOT NULL,
  outcome TEXT NOT NULL
) STRICT;

-- told_at is 0 while somebody must be told of it.
CREATE TABLE requests (
  id TEXT NOT NULL PRIMARY KEY CHECK (length(id) <= 64),
  deadline_id INTEGER NOT NULL REFERENCES deadlines (id),
  unit TEXT NOT NULL CHECK (length(unit) <= 128),
  to_date TEXT NOT NULL,
  reason TEXT NOT NULL,
  state TEXT NOT NULL,
  recorded_at INTEGER NOT NULL,
  recorded_by TEXT NOT NULL,
  decided_at INTEGER NOT NULL,
  remark TEXT NOT NULL,
  told_at INTEGER NOT NULL
) STRICT;

CREATE INDEX requests_told ON requests (told_at, state);

CREATE INDEX requests_state ON requests (state, recorded_at);

CREATE INDEX requests_deadline ON requests (deadline_id, state);
