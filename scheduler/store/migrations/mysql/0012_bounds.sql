-- Answers and requests are counted by unit and hour. known: the receiving server vouched for the writer.
ALTER TABLE replies ADD COLUMN known INT NOT NULL DEFAULT 0;
CREATE INDEX replies_unit ON replies (unit, received_at);
CREATE INDEX requests_unit ON requests (unit, recorded_at);
