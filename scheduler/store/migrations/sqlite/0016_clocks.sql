-- Since when a deadline's clock stands, YYYY-MM-DD, or nothing while it runs, and on how many working days it stood before. An extension that no cap bounded.
ALTER TABLE deadlines ADD COLUMN paused_since TEXT NOT NULL DEFAULT '';

ALTER TABLE deadlines ADD COLUMN stood INTEGER NOT NULL DEFAULT 0;

ALTER TABLE extensions ADD COLUMN correction INTEGER NOT NULL DEFAULT 0;
