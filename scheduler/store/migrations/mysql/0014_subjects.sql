-- Of an event of a group: the names of its subjects, with blanks between.
ALTER TABLE events ADD COLUMN subject VARCHAR(2000) NOT NULL DEFAULT '';
