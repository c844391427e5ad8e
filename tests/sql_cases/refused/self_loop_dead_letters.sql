-- fails: self_loop at 3:1, write to another topic; what one job writes another can read
-- @dead_letter_topic: t
INSERT INTO b SELECT * FROM t
