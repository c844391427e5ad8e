-- fails: unknown_type at 2:21, types: BIGINT, BOOLEAN, DATE, DOUBLE, INTEGER, TIMESTAMP, VARCHAR, DECIMAL(digits, of them decimals)
CREATE STREAM o (id VARCHAR(10));
INSERT INTO big SELECT id FROM o
