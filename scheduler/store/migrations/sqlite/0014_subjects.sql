-- Of an event of a group: the names of its subjects, with blanks between.
ALTER TABLE events ADD COLUMN subject TEXT NOT NULL DEFAULT '';
