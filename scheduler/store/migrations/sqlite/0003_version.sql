-- Every change of a deadline raises its version, so that what was decided on an older one can be told.
ALTER TABLE deadlines ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
