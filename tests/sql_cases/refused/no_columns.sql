-- fails: no_columns at 2:1, CREATE STREAM o (column TYPE, …) WITH (topic='…')
CREATE STREAM o WITH (topic='o');
INSERT INTO big SELECT id FROM o
