"""What holds for many jobs at once: feature flag, maintenance windows, rules. A stream of its own in the log."""
