"""The time that queries may take."""

import threading
from collections.abc import Callable

import pytest

from slackwater.streams.query_time import QueryTime


def test_who_is_in_time_is_left_alone() -> None:
    """Only a query whose time is up is interrupted, and another that hangs on a broken connection does not prevent that."""
    late, quick = threading.Event(), threading.Event()

    def broken() -> None:
        raise RuntimeError("closed")

    queries = QueryTime()
    with queries.limited(60, quick.set), queries.limited(0.0, broken), queries.limited(0.0, late.set):
        assert late.wait(10)
    assert not quick.is_set()


def test_where_no_thread_can_begin(monkeypatch: pytest.MonkeyPatch) -> None:
    """The query is not run, and nothing of it is left that would interrupt a later one."""

    def refused(self: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    queries, begun = QueryTime(), threading.Thread.start
    monkeypatch.setattr(threading.Thread, "start", refused)
    interrupted: list[Callable[[], None]] = []
    with pytest.raises(RuntimeError), queries.limited(0.0, interrupted.clear):
        pass
    monkeypatch.setattr(threading.Thread, "start", begun)
    assert not queries._ends
