-- Each running daemon notes here that it lives.
CREATE TABLE daemons (
  owner TEXT NOT NULL PRIMARY KEY CHECK (length(owner) <= 255),
  host TEXT NOT NULL CHECK (length(host) <= 255),
  version TEXT NOT NULL CHECK (length(version) <= 255),
  plan TEXT NOT NULL CHECK (length(plan) <= 255),
  started_at INTEGER NOT NULL,
  seen_at INTEGER NOT NULL
) STRICT;

-- What ended in a week, and, as what is unsettled has a settled_at of 0, what is to be sent once more.
CREATE INDEX messages_settled ON messages (state, settled_at, uncertain);

-- What fell due in a week, or is late: a deadline that is not extended has an extended_to of ''.
CREATE INDEX deadlines_due ON deadlines (state, extended_to, due_date, late, due_instant);
