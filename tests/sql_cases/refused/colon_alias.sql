-- fails: unsupported_clause at 3:24, write AS and a name; quote it if the name is a word of the language
CREATE STREAM orders (id BIGINT, customer VARCHAR, amount DOUBLE, ok BOOLEAN) WITH (topic='orders');
INSERT INTO big SELECT id:other FROM orders
