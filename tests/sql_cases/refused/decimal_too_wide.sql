-- fails: unknown_type at 2:21, types: BIGINT, BOOLEAN, DATE, DOUBLE, INTEGER, TIMESTAMP, VARCHAR, DECIMAL(digits, of them decimals)
CREATE STREAM o (id DECIMAL(39,2));
INSERT INTO big SELECT id FROM o
