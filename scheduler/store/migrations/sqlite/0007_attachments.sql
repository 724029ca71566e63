-- The files that a message brings along: a JSON array, or nothing.
ALTER TABLE messages ADD COLUMN attachments TEXT NOT NULL DEFAULT '';
