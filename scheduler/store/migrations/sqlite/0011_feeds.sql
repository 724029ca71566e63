-- The calendars to which units subscribe. A link is signed over unit and serial with the signing key: a row by itself opens nothing.
CREATE TABLE feeds (
  unit TEXT NOT NULL CHECK (length(unit) <= 128),
  number INTEGER NOT NULL,
  serial TEXT NOT NULL UNIQUE CHECK (length(serial) <= 64),
  issued_at INTEGER NOT NULL,
  revoked_at INTEGER NOT NULL,
  revoked_by TEXT NOT NULL CHECK (length(revoked_by) <= 255),
  reason TEXT NOT NULL,
  PRIMARY KEY (unit, number)
) STRICT;
