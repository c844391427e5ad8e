"""A worker ends within the 40 s it states, whatever does not answer: then its process ends, as a crash may at any time.

Measured with a broker that hangs: the jobs were drained after 7 s, and Faust's consumer took 90 s more to leave its group.
With a log that hangs, the thread that asks it keeps the process for as long.
"""

import logging
import os
import threading
from typing import Any, Final

import structlog
from mode import Service

log = structlog.get_logger()
END_S: Final = 35.0
"""From the signal on, for everything. What is not committed by then is taken again by the next owner."""
LEAVE_S: Final = 8.0
"""From when every job is drained: for leaving the workers' group and for a last observation."""


class TimeLeft(Service):
    """Once this is stopped, the process has so many seconds left. It ends with `code` then, and says why."""

    def __init__(self, seconds: float, code: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._seconds, self._code = seconds, code

    async def on_stop(self) -> None:
        """From now on."""
        timer = threading.Timer(self._seconds, _end, (self._code,))
        timer.daemon = True
        timer.start()


def _end(code: int) -> None:
    """No method: a thread that holds on to the service holds on to all of the worker, which is taken down meanwhile."""
    done = "its jobs are drained" if code == 0 else "what it had not committed is taken again"
    log.warning(f"Kafka or the log does not answer; the worker ends all the same, {done}")
    logging.shutdown()
    os._exit(code)
