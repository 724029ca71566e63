-- A hold is observed, not dated: clocks differ. Only attempts for which a message is to blame count towards giving it up.
ALTER TABLE messages DROP COLUMN lease_until;

ALTER TABLE messages ADD COLUMN blamed INTEGER NOT NULL DEFAULT 0;
