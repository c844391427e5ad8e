"""Facts on disk: the event log on SQLite, PostgreSQL and in memory, behind one port (`store.EventStore`)."""
