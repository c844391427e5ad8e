-- fails: unsupported_statement at 2:8
CREATE OR REPLACE STREAM t AS SELECT * FROM x
