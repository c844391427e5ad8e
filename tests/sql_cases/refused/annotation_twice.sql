-- fails: bad_annotation at 3:5, leave one of them
-- @name: a
-- @name: b
INSERT INTO b SELECT * FROM t
