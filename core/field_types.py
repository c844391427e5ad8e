"""Whether the fields of a command hold what their annotations say: Python does not ask, and the log keeps it for ever."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from functools import cache
from types import NoneType, UnionType
from typing import Any, Final, Union, get_args, get_origin, get_type_hints

from .decisions import Refused

_TEXT: Final = "bad_text"
_SAID: Final[Mapping[Any, tuple[str, str]]] = {
    str: (_TEXT, "text"),
    tuple: (_TEXT, "a list of texts"),
    Mapping: (_TEXT, "texts by their names"),
    datetime: ("bad_until", "a time with a zone"),
    int: ("bad_argument", "a whole number"),
    bool: ("bad_argument", "True or False"),
}
"""By the kind of a field: the code of a refusal, and what the field is in words."""


def wrong_field(value: Any) -> Refused | None:
    """The first field of a dataclass, or of one in it, that holds another kind of thing than it says; None if all fit."""
    for name, kind in _kinds(value.__class__):
        given = getattr(value, name)
        is_whole = is_dataclass(kind) and isinstance(given, kind)  # type: ignore[arg-type]
        wrong = wrong_field(given) if is_whole else wrong_argument(name, given, kind)
        if wrong is not None:
            return wrong
    return None


def wrong_argument(name: str, given: Any, kind: Any) -> Refused | None:
    """Why what is `given` is none of `kind`, an annotation; None if it is."""
    if _fits(given, kind):
        return None
    first = next(one for one in _choices(kind) if one is not NoneType)
    code, said = _SAID.get(get_origin(first) or first, ("bad_argument", getattr(first, "__name__", str(first))))
    return Refused(code, f"{name} is {said}, not {ascii(given)[:60]}")


@cache
def _kinds(kind: Any) -> tuple[tuple[str, Any], ...]:
    """Looked up when first needed: what an annotation names is found once for each kind of command."""
    hints = get_type_hints(kind)
    return tuple((field.name, hints[field.name]) for field in fields(kind))


@cache
def _choices(kind: Any) -> tuple[Any, ...]:
    return get_args(kind) if get_origin(kind) in {Union, UnionType} else (kind,)


@cache
def _parts(kind: Any) -> tuple[Any, tuple[Any, ...]]:
    return get_origin(kind), get_args(kind)


def _fits(given: Any, kind: Any) -> bool:
    """Strictly: True is no number, 7.0 no whole one, and a text no list of texts."""
    choices = _choices(kind)
    if len(choices) > 1:
        return any(_fits(given, one) for one in choices)
    origin, inner = _parts(kind)
    if origin is tuple:
        return isinstance(given, tuple) and all(_fits(one, inner[0]) for one in given)
    if origin is Mapping:
        return isinstance(given, Mapping) and all(_fits(k, inner[0]) and _fits(v, inner[1]) for k, v in given.items())
    if kind is datetime:
        return isinstance(given, datetime) and given.utcoffset() is not None
    return type(given) is kind if kind in {int, bool} else isinstance(given, kind)
