-- fails: bad_topic at 2:1, declare the stream WITH (topic='…')
INSERT INTO big SELECT * FROM "no good"
