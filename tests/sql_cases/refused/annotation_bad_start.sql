-- fails: bad_annotation at 2:12
-- @start: now
INSERT INTO b SELECT * FROM t
