-- fails: bad_annotation at 2:1, write -- @name: value
-- @name x
INSERT INTO b SELECT * FROM t
