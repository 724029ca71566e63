-- What a message says is written once and read when it is sent; what becomes of it is written several times. Apart, each is quick.
CREATE TABLE IF NOT EXISTS bodies (
  message_id BIGINT NOT NULL PRIMARY KEY,
  body_text MEDIUMTEXT NOT NULL,
  body_html MEDIUMTEXT NOT NULL,
  attachments MEDIUMTEXT NOT NULL,
  CONSTRAINT bodies_message FOREIGN KEY (message_id) REFERENCES messages (id)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

INSERT INTO bodies (message_id, body_text, body_html, attachments) SELECT id, body_text, body_html, attachments FROM messages
  ON DUPLICATE KEY UPDATE message_id = bodies.message_id;

ALTER TABLE messages DROP COLUMN body_text;

ALTER TABLE messages DROP COLUMN body_html;

ALTER TABLE messages DROP COLUMN attachments;
