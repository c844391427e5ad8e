-- fails: unknown_type at 2:21
CREATE STREAM o (id DECIMAL(39,2));
INSERT INTO big SELECT id FROM o
