-- fails: bad_annotation at 2:12, it is earliest or latest
-- @start: now
INSERT INTO b SELECT * FROM t
