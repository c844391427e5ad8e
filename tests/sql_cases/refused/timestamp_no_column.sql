-- fails: unknown_column at 2:1, o has id
CREATE STREAM o (id BIGINT) WITH (timestamp='ts');
INSERT INTO big SELECT id FROM o
