-- fails: unsupported_statement at 2:8, CREATE STREAM
CREATE OR REPLACE STREAM t AS SELECT * FROM x
