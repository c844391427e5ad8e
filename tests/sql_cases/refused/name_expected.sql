-- fails: syntax_error at 2:13
INSERT INTO 5 SELECT * FROM t
