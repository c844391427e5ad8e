-- fails: self_loop at 3:1
INSERT INTO b SELECT * FROM a;
INSERT INTO a SELECT * FROM c
