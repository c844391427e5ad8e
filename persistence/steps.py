"""The named steps of a worker, an append and the publisher: where a process may die, for tests that make it die there.

`SLACKWATER_DIE_AT=offsets_sent:3` ends this process with SIGKILL when it reaches the step for the third time; with
`SLACKWATER_DIE_BY=stop` it is frozen instead (SIGSTOP). Without the setting a step costs one comparison.
"""

import os
import signal
from typing import Final

WORKER_STEPS: Final = (
    "assigned",
    "taken",
    "computed",
    "written",
    "offsets_sent",
    "committed",
    "drained",
    "read_back",
    "vouched",
    "acked",
    "revoked",
    "released",
    "rewinding",
)
"""In the order in which a batch, then a pause, then a rebalance meets them."""

APPENDER_STEPS: Final = (
    "append_begun",
    "append_looked_up",
    "append_job_locked",
    "append_projected",
    "append_chain_locked",
    "append_events_inserted",
    "append_chain_moved",
    "append_told",
    "append_command_inserted",
    "append_committed",
)
"""Of whoever puts a command before the log: one after each statement, the last after COMMIT and before the answer."""

PUBLISHER_STEPS: Final = ("replied", "events_written", "cursor_sent", "published")
"""Of the worker that publishes the log: in the order in which a chunk of it meets them."""

_AT, _, _COUNT = os.environ.get("SLACKWATER_DIE_AT", "").partition(":")
_BY: Final = signal.SIGSTOP if os.environ.get("SLACKWATER_DIE_BY") == "stop" else signal.SIGKILL
_left = int(_COUNT or 1)


def reached(step: str) -> None:
    """This process is at `step` now."""
    if step == _AT:
        _die()


def _die() -> None:
    global _left
    _left -= 1
    if _left == 0:
        os.kill(os.getpid(), _BY)
