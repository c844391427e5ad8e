-- accepted
CREATE STREAM "my topic" ("a b" BIGINT, "select" BIGINT, "x""; drop table y" VARCHAR, "ключ" BIGINT, "A" BIGINT, "a" BIGINT, "a/~b" BIGINT) WITH (topic='raw');
INSERT INTO big SELECT "a b", "select", "x""; drop table y", "ключ", "A" AS upper_a, "a" AS lower_a, "a/~b" AS "it's" FROM "my topic"
