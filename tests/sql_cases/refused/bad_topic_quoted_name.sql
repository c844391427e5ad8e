-- fails: bad_topic at 2:1, 1-249 of a-z A-Z 0-9 . _ -
INSERT INTO "no good" SELECT * FROM t
