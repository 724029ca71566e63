-- Who answers for a deadline, a JSON array, and who did so before, with until when. Where nothing is recorded the unit of its own answers, or the lead units.
ALTER TABLE deadlines ADD COLUMN answering_units MEDIUMTEXT NOT NULL DEFAULT ('');

ALTER TABLE deadlines ADD COLUMN answered MEDIUMTEXT NOT NULL DEFAULT ('');
