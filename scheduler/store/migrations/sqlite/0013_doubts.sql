-- A doubtful bounce is one that anybody may have written; told_at is 0 while the office must be told of it.
ALTER TABLE bounces ADD COLUMN doubtful INTEGER NOT NULL DEFAULT 0;

ALTER TABLE bounces ADD COLUMN told_at INTEGER NOT NULL DEFAULT 0;

CREATE INDEX bounces_doubtful ON bounces (doubtful, told_at);

CREATE INDEX bounces_message ON bounces (message_key);
