-- fails: unsupported_clause at 2:1
CREATE STREAM o (id BIGINT) AS SELECT * FROM t
