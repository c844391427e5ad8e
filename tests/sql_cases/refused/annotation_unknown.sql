-- fails: unknown_annotation at 2:5, did you mean @name?
-- @nmae: x
INSERT INTO b SELECT * FROM t
