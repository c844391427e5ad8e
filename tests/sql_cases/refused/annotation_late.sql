-- fails: unknown_annotation at 3:5, did you mean @on_error?
INSERT INTO b SELECT * FROM t
-- @owner: me
