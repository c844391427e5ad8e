-- fails: unsupported_statement at 2:8, CREATE STREAM
CREATE TABLE t (a INT)
