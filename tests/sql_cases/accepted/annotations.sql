-- accepted
-- @name: orders_big
-- @version: 1.2
-- @Description: All: of it
-- @label: team=sea
-- @label: tier=1
-- @start: latest
-- @dead_letter_topic: dead
INSERT INTO big SELECT * FROM raw
