"""The cut: where a job stands in its inputs."""

from hypothesis import given
from hypothesis import strategies as st

from slackwater.core.cut import PartitionOffset, cut_of, merge

KEYS = st.tuples(st.sampled_from(["orders", "payments"]), st.integers(0, 9))
OFFSETS = st.dictionaries(KEYS, st.integers(0, 2**63 - 1))


def test_one_order() -> None:
    """By topic, then by partition as a number: 10 comes after 9."""
    mixed = {("b", 0): 1, ("a", 10): 2, ("a", 9): 3}
    assert cut_of(mixed) == (PartitionOffset("a", 9, 3), PartitionOffset("a", 10, 2), PartitionOffset("b", 0, 1))


def test_of_two_offsets_the_later_given_wins() -> None:
    """A partition stands in a cut once."""
    assert cut_of([PartitionOffset("a", 0, 5), PartitionOffset("a", 0, 3)]) == (PartitionOffset("a", 0, 3),)


@given(OFFSETS, OFFSETS)
def test_merge(older: dict, newer: dict) -> None:
    """The newer word for every partition it names, the older one elsewhere; nothing is lost or made up."""
    assert merge(cut_of(older), cut_of(newer)) == cut_of({**older, **newer})
    assert cut_of(cut_of(older)) == cut_of(older)
