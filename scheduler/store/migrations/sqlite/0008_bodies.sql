-- What a message says is written once and read when it is sent; what becomes of it is written several times. Apart, each is quick.
CREATE TABLE bodies (
  message_id INTEGER PRIMARY KEY REFERENCES messages (id),
  body_text TEXT NOT NULL,
  body_html TEXT NOT NULL,
  attachments TEXT NOT NULL
) STRICT;

INSERT INTO bodies (message_id, body_text, body_html, attachments) SELECT id, body_text, body_html, attachments FROM messages;

ALTER TABLE messages DROP COLUMN body_text;

ALTER TABLE messages DROP COLUMN body_html;

ALTER TABLE messages DROP COLUMN attachments;
