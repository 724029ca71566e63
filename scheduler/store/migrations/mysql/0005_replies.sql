-- By what a bounce or a reply names. Ours are 25 characters and a domain.
CREATE INDEX messages_header ON messages (header_id(64));

-- What a mail that may be replied to numbers, from 1: a JSON array of keys and units. letter_key is the first message's.
CREATE TABLE IF NOT EXISTS letters (
  letter_key VARCHAR(512) NOT NULL PRIMARY KEY,
  numbered MEDIUMTEXT NOT NULL
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Addresses are in lower case.
CREATE TABLE IF NOT EXISTS addresses (
  address VARCHAR(320) NOT NULL PRIMARY KEY,
  state VARCHAR(16) NOT NULL,
  unit VARCHAR(128) NOT NULL,
  reason TEXT NOT NULL,
  since BIGINT NOT NULL,
  message_key VARCHAR(512) NOT NULL
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- The digest is of message, status and kind: the same word about one message is kept once.
CREATE TABLE IF NOT EXISTS bounces (
  digest CHAR(64) NOT NULL PRIMARY KEY,
  message_key VARCHAR(512) NOT NULL,
  status VARCHAR(64) NOT NULL,
  permanent TINYINT NOT NULL,
  reason TEXT NOT NULL,
  recorded_at BIGINT NOT NULL
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- The id is of writer and Message-ID: a reply that is played again is known.
CREATE TABLE IF NOT EXISTS replies (
  id VARCHAR(64) NOT NULL PRIMARY KEY,
  message_key VARCHAR(512) NOT NULL,
  unit VARCHAR(128) NOT NULL,
  dated_at BIGINT NOT NULL,
  received_at BIGINT NOT NULL,
  handled_at BIGINT NOT NULL,
  outcome MEDIUMTEXT NOT NULL
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- told_at is 0 while somebody must be told of it.
CREATE TABLE IF NOT EXISTS requests (
  id VARCHAR(64) NOT NULL PRIMARY KEY,
  deadline_id BIGINT NOT NULL,
  unit VARCHAR(128) NOT NULL,
  to_date CHAR(10) NOT NULL,
  reason TEXT NOT NULL,
  state VARCHAR(16) NOT NULL,
  recorded_at BIGINT NOT NULL,
  recorded_by VARCHAR(255) NOT NULL,
  decided_at BIGINT NOT NULL,
  remark TEXT NOT NULL,
  told_at BIGINT NOT NULL,
  KEY requests_told (told_at, state),
  KEY requests_state (state, recorded_at),
  KEY requests_deadline (deadline_id, state),
  CONSTRAINT requests_deadline FOREIGN KEY (deadline_id) REFERENCES deadlines (id)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
