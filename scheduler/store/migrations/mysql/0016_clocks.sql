-- Since when a deadline's clock stands, YYYY-MM-DD, or nothing while it runs, and on how many working days it stood before. An extension that no cap bounded.
ALTER TABLE deadlines ADD COLUMN paused_since CHAR(10) NOT NULL DEFAULT '';

ALTER TABLE deadlines ADD COLUMN stood INT NOT NULL DEFAULT 0;

ALTER TABLE extensions ADD COLUMN correction TINYINT NOT NULL DEFAULT 0;
