-- fails: syntax_error at 2:28
CREATE STREAM b (a BIGINT) RETENTION 5
