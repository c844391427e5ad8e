-- fails: bad_annotation at 3:5, leave one of them
-- @label: a=1
-- @label: a=2
INSERT INTO b SELECT * FROM t
