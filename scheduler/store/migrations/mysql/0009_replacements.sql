-- Where a unit's mail goes in place of the address that its contacts have, which is in lower case, or empty where they have none.
CREATE TABLE IF NOT EXISTS replacements (
  unit VARCHAR(128) NOT NULL,
  listed VARCHAR(320) NOT NULL,
  address VARCHAR(320) NOT NULL,
  reason TEXT NOT NULL,
  recorded_by VARCHAR(255) NOT NULL,
  recorded_at BIGINT NOT NULL,
  PRIMARY KEY (unit, listed)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
