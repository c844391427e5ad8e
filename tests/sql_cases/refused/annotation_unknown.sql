-- fails: unknown_annotation at 2:5
-- @nmae: x
INSERT INTO b SELECT * FROM t
