-- fails: unsupported_clause at 3:17, no VALUES, no list of columns, no parentheses around SELECT
CREATE STREAM orders (id BIGINT, customer VARCHAR, amount DOUBLE, ok BOOLEAN) WITH (topic='orders');
INSERT INTO big WITH RECURSIVE x AS (SELECT 1) SELECT * FROM x
