"""The web page and the HTTP API: one process over the log, by the same Admin as every other surface."""
