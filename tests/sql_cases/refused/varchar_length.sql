-- fails: unknown_type at 2:21
CREATE STREAM o (id VARCHAR(10));
INSERT INTO big SELECT id FROM o
