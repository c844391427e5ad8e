-- fails: bad_topic at 2:1
INSERT INTO "no good" SELECT * FROM t
