-- fails: duplicate_name at 2:29, rename one
CREATE STREAM o (id BIGINT, id BIGINT);
INSERT INTO big SELECT id FROM o
