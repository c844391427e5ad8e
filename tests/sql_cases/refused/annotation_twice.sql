-- fails: bad_annotation at 3:5
-- @name: a
-- @name: b
INSERT INTO b SELECT * FROM t
