"""Observations put together, and the histogram they are counted in."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slackwater.core.histogram import Histogram
from slackwater.core.observation import (
    CONTROL,
    FRESH_S,
    VIGIL,
    ControlSeen,
    Observation,
    PartitionLag,
    Seen,
    Worked,
    by_job,
)

NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)


def _worked(worker: str, age_s: float, rate: float) -> Observation:
    return Observation("a", worker, NOW - timedelta(seconds=age_s), Worked(NOW, records_per_s=rate))


def test_only_the_living_have_a_rate() -> None:
    """Who has told nothing for longer than FRESH_S may be gone: its counts stay, its rate does not."""
    found = by_job([_worked("w-1", 1, 10.5), _worked("w-2", FRESH_S, 4.0), _worked("w-3", FRESH_S + 1, 99.0)])["a"]
    assert found.records_per_s(NOW) == 14.5
    assert [worker for worker, _, _ in found.worked] == ["w-1", "w-2", "w-3"]
    assert found.records_per_s(NOW + timedelta(seconds=FRESH_S)) is None


def test_job_by_job() -> None:
    """What the keeper of vigil saw stands beside what workers counted; what is seen of the control topic is no job's."""
    seen = Seen((PartitionLag("t", 0, 5, 9), PartitionLag("t", 1, None, 7, 2)))
    found = by_job(
        [Observation("b", VIGIL, NOW, seen), _worked("w-1", 0, 1.0), Observation(CONTROL, VIGIL, NOW, ControlSeen(1, 2))]
    )
    assert (found["b"].seen, found["b"].seen_at, found["b"].worked) == (seen, NOW, ())
    assert found["a"].seen is None
    assert found[CONTROL].seen is None
    assert found["b"].seen is not None
    assert found["b"].seen.lag == 4 + 5


@pytest.mark.parametrize(
    ("place", "lag"),
    [
        (PartitionLag("t", 0, 3, 10), 7),
        (PartitionLag("t", 0, None, 10), 10),
        (PartitionLag("t", 0, None, 10, 4), 6),
        (PartitionLag("t", 0, 2, 10, 4), 6),
        (PartitionLag("t", 0, 12, 10), 0),
    ],
)
def test_lag(place: PartitionLag, lag: int) -> None:
    """From the next record, or the first that is still there, to the end; never less than none."""
    assert place.lag == lag


@given(st.lists(st.floats(0, 100)))
def test_every_value_is_in_one_class(values: list[float]) -> None:
    """Cumulative as Prometheus wants it: not above the bound, all of them at the end."""
    found = Histogram((0.5, 1.0, 10.0))
    for value in values:
        found.add(value)
    expected = [sum(value <= bound for value in values) for bound in (0.5, 1.0, 10.0)]
    assert list(found.cumulative()) == list(zip(("0.5", "1.0", "10.0", "+Inf"), [*expected, len(values)], strict=True))
    assert found.count == len(values)
    assert found.total == pytest.approx(sum(values))


def test_quantile() -> None:
    """A bound that so many were within; none where there is no value, or no bound."""
    found = Histogram((1.0, 2.0), (8, 1, 1), 20.0)
    assert [found.quantile(share) for share in (0.5, 0.8, 0.9, 0.95)] == [1.0, 1.0, 2.0, None]
    assert Histogram((1.0,)).quantile(0.5) is None
