-- Every change of a deadline raises its version, so that what was decided on an older one can be told.
ALTER TABLE deadlines ADD COLUMN version BIGINT NOT NULL DEFAULT 1;
