"""`make bench`: figures of one run on one machine, as ratios. Never a test."""
