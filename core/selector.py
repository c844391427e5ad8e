"""Choosing jobs by their labels, as Kubernetes writes it: `team=payments,tier!=test,zone in (eu,us),!legacy`."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

_TOKEN: Final = re.compile(r"[\w.-]+|==|!=|[=!(),]")
_SPACE: Final = re.compile(r"\s*")
_IS_NEGATED: Final = {"=": False, "==": False, "!=": True, "in": False, "notin": True}
HINT: Final = "like team=payments,tier!=test or zone in (eu,us),!legacy"


class SelectorError(ValueError):
    """Text that selects nothing. `position` counts characters from 1, just after the end if more was expected."""

    code = "bad_selector"

    def __init__(self, message: str, position: int) -> None:
        super().__init__(f"character {position}: {message}")
        self.position = position


@dataclass(frozen=True, slots=True)
class Requirement:
    """The label `key` has one of `values`; with none, it is there with any. Negated: not so, also where it is missing."""

    key: str
    values: frozenset[str]
    is_negated: bool

    def fits(self, labels: Mapping[str, str]) -> bool:
        """Do these labels meet it?"""
        has = labels.get(self.key) in self.values if self.values else self.key in labels
        return has is not self.is_negated


@dataclass(frozen=True, slots=True)
class Selector:
    """Chooses what meets every requirement; there is at least one."""

    requirements: tuple[Requirement, ...]

    def fits(self, labels: Mapping[str, str]) -> bool:
        """Are labels like these chosen?"""
        return all(requirement.fits(labels) for requirement in self.requirements)


def parse_selector(text: str) -> Selector:
    """Raises SelectorError, also for an empty text: an unset variable must not choose every job."""
    reader = _Reader(text)
    requirements = [reader.requirement()]
    while not reader.is_at_end:
        reader.expect(",")
        requirements.append(reader.requirement())
    return Selector(tuple(requirements))


class _Reader:
    def __init__(self, text: str) -> None:
        self._tokens: list[tuple[str, int]] = []
        at = _skip(text, 0)
        while at < len(text):
            token = _TOKEN.match(text, at)
            if token is None:
                raise SelectorError(f"{text[at]!r} has no place in a selector", at + 1)
            self._tokens.append((token[0], at + 1))
            at = _skip(text, token.end())
        self._end = len(text.rstrip()) + 1
        self._at = 0

    @property
    def is_at_end(self) -> bool:
        return self._at == len(self._tokens)

    def requirement(self) -> Requirement:
        if self._next == "!":
            self._at += 1
            return Requirement(self._word("a label"), frozenset(), True)
        key = self._word("a label")
        operator = self._next
        if operator not in _IS_NEGATED:
            return Requirement(key, frozenset(), False)
        self._at += 1
        values = self._values() if operator in {"in", "notin"} else {self._word("a value")}
        return Requirement(key, frozenset(values), _IS_NEGATED[operator])

    def expect(self, token: str) -> None:
        if self._next != token:
            raise self._error(repr(token))
        self._at += 1

    def _values(self) -> set[str]:
        self.expect("(")
        values = {self._word("a value")}
        while self._next == ",":
            self._at += 1
            values.add(self._word("a value"))
        self.expect(")")
        return values

    def _word(self, wanted: str) -> str:
        if not re.match(r"[\w.-]", self._next):
            raise self._error(wanted)
        self._at += 1
        return self._tokens[self._at - 1][0]

    @property
    def _next(self) -> str:
        return "" if self.is_at_end else self._tokens[self._at][0]

    def _error(self, wanted: str) -> SelectorError:
        if self.is_at_end:
            return SelectorError(f"{wanted} is missing", self._end)
        token, position = self._tokens[self._at]
        return SelectorError(f"{wanted} is expected, not {token!r}", position)


def _skip(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    return match.end() if match else at
