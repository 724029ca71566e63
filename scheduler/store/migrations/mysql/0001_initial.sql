-- Instants are Unix milliseconds (0: none), dates are ISO 8601 texts ('': none), lists of units are JSON arrays.
-- Every statement can be run again: MySQL commits each one by itself, so a migration that was cut off starts over.

CREATE TABLE IF NOT EXISTS deadlines (
  id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  deadline_key VARCHAR(255) NOT NULL,
  unit VARCHAR(128) NOT NULL,
  obligation VARCHAR(255) NOT NULL,
  rule VARCHAR(255) NOT NULL,
  kind VARCHAR(32) NOT NULL,
  table_row INT NOT NULL,
  title TEXT NOT NULL,
  period VARCHAR(32) NOT NULL,
  event_id VARCHAR(64) NOT NULL,
  due_date CHAR(10) NOT NULL,
  due_instant BIGINT NOT NULL,
  due_earliest CHAR(10) NOT NULL,
  provisional TINYINT NOT NULL,
  extended_to CHAR(10) NOT NULL,
  state VARCHAR(16) NOT NULL,
  lead_units MEDIUMTEXT NOT NULL,
  responsible_units MEDIUMTEXT NOT NULL,
  needed INT NOT NULL,
  completions INT NOT NULL,
  opened_at BIGINT NOT NULL,
  closed_at BIGINT NOT NULL,
  late TINYINT NOT NULL,
  plan VARCHAR(255) NOT NULL,
  UNIQUE KEY deadlines_identity (deadline_key, unit),
  KEY deadlines_state (state, id)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- A pass reads one range of reminders_ripe, however many deadlines are open.
CREATE TABLE IF NOT EXISTS reminders (
  id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  deadline_id BIGINT NOT NULL,
  stage VARCHAR(64) NOT NULL,
  unit VARCHAR(128) NOT NULL,
  fires_at BIGINT NOT NULL,
  immediate TINYINT NOT NULL,
  state VARCHAR(16) NOT NULL,
  message_key VARCHAR(512) NOT NULL,
  UNIQUE KEY reminders_identity (deadline_id, stage, unit),
  KEY reminders_ripe (state, immediate, fires_at),
  KEY reminders_message (message_key),
  CONSTRAINT reminders_deadline FOREIGN KEY (deadline_id) REFERENCES deadlines (id)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS events (
  id VARCHAR(64) NOT NULL PRIMARY KEY,
  trigger_name VARCHAR(255) NOT NULL,
  happened_at BIGINT NOT NULL,
  unit VARCHAR(128) NOT NULL,
  ref TEXT NOT NULL,
  title TEXT NOT NULL,
  announced_at BIGINT NOT NULL,
  recorded_at BIGINT NOT NULL,
  recorded_by VARCHAR(255) NOT NULL,
  KEY events_happened (happened_at, id)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- The digest is of a completion's every field: recording the same words twice records them once.
CREATE TABLE IF NOT EXISTS completions (
  id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  digest CHAR(64) NOT NULL,
  deadline_id BIGINT NOT NULL,
  unit VARCHAR(128) NOT NULL,
  url TEXT NOT NULL,
  note TEXT NOT NULL,
  late TINYINT NOT NULL,
  recorded_at BIGINT NOT NULL,
  recorded_by VARCHAR(255) NOT NULL,
  UNIQUE KEY completions_identity (digest),
  KEY completions_deadline (deadline_id),
  CONSTRAINT completions_deadline FOREIGN KEY (deadline_id) REFERENCES deadlines (id)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS extensions (
  id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  digest CHAR(64) NOT NULL,
  deadline_id BIGINT NOT NULL,
  from_date CHAR(10) NOT NULL,
  to_date CHAR(10) NOT NULL,
  reason TEXT NOT NULL,
  recorded_at BIGINT NOT NULL,
  recorded_by VARCHAR(255) NOT NULL,
  UNIQUE KEY extensions_identity (digest),
  KEY extensions_deadline (deadline_id),
  CONSTRAINT extensions_deadline FOREIGN KEY (deadline_id) REFERENCES deadlines (id)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- The outbox. The fence grows with each lease, so that a late comer's compare-and-set fails.
CREATE TABLE IF NOT EXISTS messages (
  id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  message_key VARCHAR(512) NOT NULL,
  header_id VARCHAR(998) NOT NULL,
  kind VARCHAR(32) NOT NULL,
  unit VARCHAR(128) NOT NULL,
  recipient VARCHAR(320) NOT NULL,
  promised_at BIGINT NOT NULL,
  thread VARCHAR(998) NOT NULL,
  subject TEXT NOT NULL,
  body_text MEDIUMTEXT NOT NULL,
  body_html MEDIUMTEXT NOT NULL,
  state VARCHAR(16) NOT NULL,
  next_at BIGINT NOT NULL,
  attempt INT NOT NULL,
  uncertain TINYINT NOT NULL,
  lease_owner VARCHAR(1024) NOT NULL,
  lease_until BIGINT NOT NULL,
  fence BIGINT NOT NULL,
  begun_at BIGINT NOT NULL,
  settled_at BIGINT NOT NULL,
  reported_at BIGINT NOT NULL,
  UNIQUE KEY messages_identity (message_key),
  KEY messages_due (state, next_at, id),
  KEY messages_reported (state, reported_at)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS deliveries (
  id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  message_id BIGINT NOT NULL,
  attempt INT NOT NULL,
  class VARCHAR(16) NOT NULL,
  code INT NOT NULL,
  reply TEXT NOT NULL,
  begun_at BIGINT NOT NULL,
  ended_at BIGINT NOT NULL,
  UNIQUE KEY deliveries_identity (message_id, attempt),
  CONSTRAINT deliveries_message FOREIGN KEY (message_id) REFERENCES messages (id)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS audit (
  id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  recorded_at BIGINT NOT NULL,
  recorded_by VARCHAR(255) NOT NULL,
  action VARCHAR(64) NOT NULL,
  target VARCHAR(512) NOT NULL,
  detail MEDIUMTEXT NOT NULL
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS settings (
  name VARCHAR(128) NOT NULL PRIMARY KEY,
  value MEDIUMTEXT NOT NULL
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
