"""Everything that waits: worker, control agent, supervisor, source, engine, sink, embedded Kafka."""
