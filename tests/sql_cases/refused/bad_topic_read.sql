-- fails: bad_topic at 2:1
INSERT INTO big SELECT * FROM "no good"
