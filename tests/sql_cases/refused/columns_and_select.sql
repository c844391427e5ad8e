-- fails: unsupported_clause at 2:1, the SELECT says what the columns are
CREATE STREAM o (id BIGINT) AS SELECT * FROM t
