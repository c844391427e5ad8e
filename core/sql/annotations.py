"""`-- @name: value` lines before a statement. Unknown names and values are errors, never ignored."""

import re
from dataclasses import dataclass, field
from difflib import get_close_matches
from types import MappingProxyType
from typing import Final

from .errors import Text
from .plan import JobOptions

_LINE: Final = re.compile(r"^[ \t]*--[ \t]*@([A-Za-z_]+)[ \t]*:[ \t]*(.*?)[ \t\r]*$", re.MULTILINE)
_JOB_ID: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}", re.ASCII)
_TOPIC: Final = re.compile(r"[A-Za-z0-9._-]{1,249}", re.ASCII)

_PATTERNS: Final = MappingProxyType(
    {
        "name": (_JOB_ID, "1-63 of a-z 0-9 . _ -, beginning with a letter or digit"),
        "version": (re.compile(r"\S{1,63}"), "a word"),
        "description": (re.compile(r".{1,1000}"), "a line of text"),
        "label": (re.compile(r"[\w.-]{1,63}=[\w.-]{1,63}"), "key=value"),
        "output": (_TOPIC, "a topic name"),
        "dead_letter_topic": (_TOPIC, "a topic name"),
        "start": (re.compile("earliest|latest"), "earliest or latest"),
        "on_error": (re.compile("dead_letter|fail"), "dead_letter or fail"),
        "deterministic": (re.compile("true|false"), "true or false"),
    }
)
"""Every annotation, what it may say, and that in words."""


@dataclass(slots=True)
class Annotations:
    """What a text's annotations say."""

    values: dict[str, str] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)

    def options(self) -> JobOptions:
        """The options among them."""
        return JobOptions(
            self.values.get("start", "earliest"),
            self.values.get("on_error", "dead_letter"),
            self.values.get("dead_letter_topic"),
            self.values.get("deterministic", "true") == "true",
        )


def read_annotations(text: Text) -> Annotations:
    """Raises SqlError for an unknown name, a bad value or one given twice."""
    found = Annotations()
    for match in _LINE.finditer(text.text):
        name, value = match[1].lower(), match[2]
        if name not in _PATTERNS:
            near = get_close_matches(name, _PATTERNS, 1)
            hint = f"did you mean @{near[0]}?" if near else f"known: {', '.join(_PATTERNS)}"
            raise text.error("unknown_annotation", f"unknown annotation @{name}", match.start(1), hint)
        pattern, words = _PATTERNS[name]
        if not pattern.fullmatch(value):
            raise text.error("bad_annotation", f"@{name} is {words}", match.start(2))
        if name == "label":
            key, _, label = value.partition("=")
            found.labels[key] = label
        elif name in found.values:
            raise text.error("bad_annotation", f"@{name} is given twice", match.start(1))
        else:
            found.values[name] = value
    return found
