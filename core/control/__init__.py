"""One file per verb: its command, its decision and the reasons, together."""
