-- Which event's clocks an event was recorded to stop, or to let run. That a due date was fixed by a correction: no event moves it.
ALTER TABLE events ADD COLUMN of_event VARCHAR(64) NOT NULL DEFAULT '';

ALTER TABLE deadlines ADD COLUMN fixed TINYINT NOT NULL DEFAULT 0;

UPDATE deadlines SET fixed = 1 WHERE extended_to > '' AND COALESCE(
  (SELECT e.correction FROM extensions e WHERE e.deadline_id = deadlines.id ORDER BY e.id DESC LIMIT 1), 0) = 1;
