-- fails: unsupported_clause at 2:15, no VALUES, no list of columns, no parentheses around SELECT
INSERT INTO t VALUES (1)
