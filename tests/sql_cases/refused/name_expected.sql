-- fails: syntax_error at 2:13, write name or "name"
INSERT INTO 5 SELECT * FROM t
