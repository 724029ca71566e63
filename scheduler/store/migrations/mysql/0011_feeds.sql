-- The calendars to which units subscribe. A link is signed over unit and serial with the signing key: a row by itself opens nothing.
CREATE TABLE IF NOT EXISTS feeds (
  unit VARCHAR(128) NOT NULL,
  number INT NOT NULL,
  serial VARCHAR(64) NOT NULL UNIQUE,
  issued_at BIGINT NOT NULL,
  revoked_at BIGINT NOT NULL,
  revoked_by VARCHAR(255) NOT NULL,
  reason TEXT NOT NULL,
  PRIMARY KEY (unit, number)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
