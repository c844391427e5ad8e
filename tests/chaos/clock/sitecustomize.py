"""A wall clock that is wrong, for a worker that has this on its PYTHONPATH: off by the seconds in the file at CLOCK_OFF_BY.

There is no libfaketime here, time namespaces leave CLOCK_REALTIME alone, and the machine's own clock belongs to others. So
what Python calls the time is moved, as often as the file is written. Monotonic time is not touched: nothing moves that.
"""

import contextlib
import datetime as dates
import os
import time
from pathlib import Path
from typing import Any

_now, _Datetime, _file = time.time, dates.datetime, Path(os.environ.get("CLOCK_OFF_BY", os.devnull))


def _off_by_s() -> float:
    with contextlib.suppress(OSError, ValueError):
        return float(_file.read_text())
    return 0.0


class _Kind(type):
    def __instancecheck__(cls, one: object) -> bool:
        return isinstance(one, _Datetime)


class datetime(_Datetime, metaclass=_Kind):
    """`datetime.datetime`, but for what time it is."""

    @classmethod
    def now(cls, tz: Any = None) -> Any:
        return _Datetime.now(tz) + dates.timedelta(seconds=_off_by_s())


time.time = lambda: _now() + _off_by_s()
dates.datetime = datetime  # type: ignore[misc]
