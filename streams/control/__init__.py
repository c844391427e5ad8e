"""The door that is a Kafka topic: commands in, replies and the published log out. docs/control-topic.md."""
