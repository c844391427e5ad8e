-- fails: bad_annotation at 2:11, it is 1-63 of a-z 0-9 . _ -, beginning with a letter or digit
-- @name: ../Etc
INSERT INTO b SELECT * FROM t
