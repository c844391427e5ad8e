"""What a slow resume allows: its rate, shared by partitions, never saved up for more than a second."""

from hypothesis import given
from hypothesis import strategies as st

from slackwater.core.coverage import Stance
from slackwater.core.cut import cut_of
from slackwater.core.rate import RateCap
from slackwater.core.want import Want
from slackwater.streams.allowance import Allowance
from slackwater.streams.standing import Standing


class Clock:
    """Says what it is told."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def owner_of(count: int, total: int) -> Standing:
    """A worker that owns so many of so many partitions."""
    return Standing(Want(Stance.RUNNING, 1), cut_of({("orders", p): 0 for p in range(count)}), {"orders": total})


@given(st.integers(1, 5000), st.integers(1, 4), st.lists(st.floats(0, 3), min_size=1, max_size=60))
def test_never_more_than_the_rate(rate: int, partitions: int, waits: list[float]) -> None:
    """Over any time: at most the share of the rate, and one second's worth at once."""
    clock = Clock()
    allowance, taken = Allowance(clock), 0
    for wait in waits:
        clock.now += wait
        records = allowance.records(RateCap(rate, 0), owner_of(partitions, 4), 20_000)
        allowance.took(records)
        taken += records
    assert taken <= (clock.now + 1) * max(rate * partitions / 4, 1) + 1


def test_it_goes_on() -> None:
    """A record a second, shared by four, is still a record in four seconds; without a cap a whole batch is."""
    clock = Clock()
    allowance = Allowance(clock)
    clock.now = 4.0
    assert allowance.records(RateCap(1, 0), owner_of(1, 4), 10) == 1
    assert allowance.records(None, owner_of(1, 4), 10) == 10
