-- Where a unit's mail goes in place of the address that its contacts have, which is in lower case, or empty where they have none.
CREATE TABLE replacements (
  unit TEXT NOT NULL CHECK (length(unit) <= 128),
  listed TEXT NOT NULL CHECK (length(listed) <= 320),
  address TEXT NOT NULL CHECK (length(address) <= 320),
  reason TEXT NOT NULL,
  recorded_by TEXT NOT NULL CHECK (length(recorded_by) <= 255),
  recorded_at INTEGER NOT NULL,
  PRIMARY KEY (unit, listed)
) STRICT;
