-- Each running daemon notes here that it lives.
CREATE TABLE IF NOT EXISTS daemons (
  owner VARCHAR(255) NOT NULL PRIMARY KEY,
  host VARCHAR(255) NOT NULL,
  version VARCHAR(255) NOT NULL,
  plan VARCHAR(255) NOT NULL,
  started_at BIGINT NOT NULL,
  seen_at BIGINT NOT NULL
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- What ended in a week, and, as what is unsettled has a settled_at of 0, what is to be sent once more.
CREATE INDEX messages_settled ON messages (state, settled_at, uncertain);

-- What fell due in a week, or is late: a deadline that is not extended has an extended_to of ''.
CREATE INDEX deadlines_due ON deadlines (state, extended_to, due_date, late, due_instant);
