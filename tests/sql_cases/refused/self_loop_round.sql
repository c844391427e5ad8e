-- fails: self_loop at 3:1, write to another topic; what one job writes another can read
INSERT INTO b SELECT * FROM a;
INSERT INTO a SELECT * FROM c
