-- What people say on the telephone in place of a deadline's key: unique among open ones. One that has none yet, as it was opened before, gets it at the next pass.
ALTER TABLE deadlines ADD COLUMN number INTEGER NOT NULL DEFAULT 0;
ALTER TABLE deadlines ADD COLUMN open_number INTEGER GENERATED ALWAYS AS (CASE WHEN state = 'open' AND number > 0 THEN number END) VIRTUAL;
CREATE UNIQUE INDEX deadlines_open_number ON deadlines (open_number);
CREATE INDEX deadlines_number ON deadlines (number);
