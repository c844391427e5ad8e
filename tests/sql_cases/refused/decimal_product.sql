-- fails: type_mismatch at 3:24, CAST one side to fewer decimals
CREATE STREAM o (p DECIMAL(38,20));
INSERT INTO big SELECT p * p AS x FROM o
