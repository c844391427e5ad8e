-- fails: bad_annotation at 2:11
-- @name: ../Etc
INSERT INTO b SELECT * FROM t
