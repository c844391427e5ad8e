-- fails: unknown_annotation at 3:5
INSERT INTO b SELECT * FROM t
-- @owner: me
