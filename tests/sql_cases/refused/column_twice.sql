-- fails: duplicate_name at 2:29
CREATE STREAM o (id BIGINT, id BIGINT);
INSERT INTO big SELECT id FROM o
