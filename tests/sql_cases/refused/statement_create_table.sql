-- fails: unsupported_statement at 2:8
CREATE TABLE t (a INT)
