"""Watchdog: a worker whose loop stands still ends its own process; its partitions are then missed after one session.

The Kafka client's own threads would go on saying that it lives, and its jobs could be neither paused nor stopped. Seen when
a process gets no more memory: a thread that cannot begin leaves whoever began it waiting for ever (`Thread.start`).
"""

import logging
import os
import threading
import time
from typing import Final

import structlog

from .health import LOOP_STUCK_S, Health

log = structlog.get_logger()
CHECK_S: Final = 5.0
CHECKS: Final = 3
"""In a row: a process that was frozen looks stuck until its loop has turned once."""


def keep_watch(health: Health, check_s: float = CHECK_S) -> None:
    """From now on, on a thread of its own."""
    threading.Thread(target=_watch, args=(health, check_s), name="watchdog", daemon=True).start()


def _watch(health: Health, check_s: float) -> None:
    stuck = 0
    while stuck < CHECKS:
        time.sleep(check_s)
        stuck = 0 if health.is_alive else stuck + 1
    log.error(f"the worker's loop stood still for {LOOP_STUCK_S:g} s; it ends, others take its jobs")
    logging.shutdown()
    os._exit(1)
