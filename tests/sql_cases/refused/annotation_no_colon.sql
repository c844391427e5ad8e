-- fails: bad_annotation at 2:1
-- @name x
INSERT INTO b SELECT * FROM t
