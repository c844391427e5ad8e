-- fails: syntax_error at 2:28, expected (columns), WITH (…) or AS SELECT
CREATE STREAM b (a BIGINT) RETENTION 5
