"""What is true of a job and what may happen to it: pure values and functions, no IO, no clock, no randomness.

Start with `transition_table`, then `control/pause.py`; `decide` and `evolve` are the two doors.
"""
