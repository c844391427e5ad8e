"""Choosing jobs by their labels."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slackwater.core.selector import Requirement, Selector, SelectorError, parse_selector

LABELS = {"team": "payments", "tier": "1", "in": "in"}


@pytest.mark.parametrize(
    ("text", "is_chosen"),
    [
        ("team=payments", True),
        ("team==payments", True),
        ("team=orders", False),
        ("team!=payments", False),
        ("team != orders", True),
        ("zone!=eu", True),
        ("zone=eu", False),
        ("team in (orders, payments)", True),
        ("team in (orders)", False),
        ("team notin (orders)", True),
        ("zone notin (eu,us)", True),
        ("team", True),
        ("zone", False),
        ("!zone", True),
        ("! team", False),
        ("in=in,in in (in)", True),
        (" team = payments , tier in ( 1 , 2 ) , !zone ", True),
        ("team=payments,tier=2", False),
    ],
)
def test_what_is_chosen(text: str, is_chosen: bool) -> None:
    """Every requirement must be met. `!=` and `notin` are met by a label that is missing, as in Kubernetes."""
    assert parse_selector(text).fits(LABELS) is is_chosen


@pytest.mark.parametrize(
    ("text", "position", "words"),
    [
        ("", 1, "a label is missing"),
        ("  ", 1, "a label is missing"),
        ("team=", 6, "a value is missing"),
        ("team=payments,", 15, "a label is missing"),
        (",team", 1, "a label is expected, not ','"),
        ("team payments", 6, "',' is expected, not 'payments'"),
        ("team=a=b", 7, "',' is expected, not '='"),
        ("team in payments", 9, "'(' is expected, not 'payments'"),
        ("team in (", 10, "a value is missing"),
        ("team in ()", 10, "a value is expected, not ')'"),
        ("team in (a,b", 13, "')' is missing"),
        ("!", 2, "a label is missing"),
        ("!team=a", 6, "',' is expected, not '='"),
        ("team=a;drop", 7, "';' has no place"),
        ("team>1", 5, "'>' has no place"),
    ],
)
def test_what_selects_nothing(text: str, position: int, words: str) -> None:
    """A selector that is not written right is refused with the place; an empty one never means every job."""
    with pytest.raises(SelectorError, match=words.replace("(", r"\(").replace(")", r"\)")) as error:
        parse_selector(text)
    assert (error.value.code, error.value.position) == ("bad_selector", position)


WORDS = st.from_regex(r"[\w.-]{1,8}", fullmatch=True)
REQUIREMENTS = st.builds(Requirement, WORDS, st.frozensets(WORDS, max_size=3), st.booleans())


def _written(one: Requirement) -> str:
    """A requirement as somebody types it."""
    if not one.values:
        return f"{'!' if one.is_negated else ''}{one.key}"
    if len(one.values) == 1:
        return f"{one.key}{'!=' if one.is_negated else '='}{next(iter(one.values))}"
    return f"{one.key} {'notin' if one.is_negated else 'in'} ({', '.join(sorted(one.values))})"


@given(st.lists(REQUIREMENTS, min_size=1, max_size=4), st.dictionaries(WORDS, WORDS, max_size=4))
def test_written_and_read(requirements: list[Requirement], labels: Mapping[str, str]) -> None:
    """What is written is what is read; choosing by all is choosing by each."""
    read = parse_selector(" , ".join(map(_written, requirements)))
    assert read == Selector(tuple(requirements))
    assert read.fits(labels) is all(parse_selector(_written(one)).fits(labels) for one in requirements)


@given(REQUIREMENTS, st.dictionaries(WORDS, WORDS, max_size=4))
def test_a_negation_chooses_the_others(one: Requirement, labels: Mapping[str, str]) -> None:
    """Of two opposite requirements every job meets exactly one."""
    assert one.fits(labels) is not Requirement(one.key, one.values, not one.is_negated).fits(labels)


@given(st.text(alphabet=st.one_of(st.sampled_from("ab=!(), in"), st.characters()), max_size=40))
def test_any_text(text: str) -> None:
    """Any text is a selector, or an error with a place in it or just after it."""
    try:
        read = parse_selector(text)
    except SelectorError as error:
        place = error.position
    else:
        place = len(read.requirements)
    assert 1 <= place <= len(text) + 1
