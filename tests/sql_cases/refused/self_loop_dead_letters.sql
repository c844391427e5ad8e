-- fails: self_loop at 3:1
-- @dead_letter_topic: t
INSERT INTO b SELECT * FROM t
