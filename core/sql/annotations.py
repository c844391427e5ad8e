"""`-- @name: value` lines before a statement. Unknown names and values are errors, never ignored."""

import re
from dataclasses import dataclass, field
from difflib import get_close_matches
from types import MappingProxyType
from typing import Final

from ..topic_name import TOPIC_NAME
from .errors import Text
from .plan import JobOptions

_COMMENT: Final = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|/\*.*?\*/|(--[^\n]*)", re.DOTALL)
"""Line comments; text in quotes and block comments are passed over."""
_BEGINNING: Final = re.compile(r"--[ \t]*@")
_ANNOTATION: Final = re.compile(r"--[ \t]*@([A-Za-z_]+)[ \t]*:[ \t]*(.*?)\s*")
JOB_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}", re.ASCII)

_PATTERNS: Final = MappingProxyType(
    {
        "name": (JOB_NAME, "1-63 of a-z 0-9 . _ -, beginning with a letter or digit"),
        "version": (re.compile(r"\S{1,63}"), "a word"),
        "description": (re.compile(r".{1,1000}"), "a line of text"),
        "label": (re.compile(r"[\w.-]{1,63}=[\w.-]{1,63}"), "key=value"),
        "output": (TOPIC_NAME, "a topic name"),
        "dead_letter_topic": (TOPIC_NAME, "a topic name"),
        "start": (re.compile("earliest|latest"), "earliest or latest"),
        "on_error": (re.compile("dead_letter|fail"), "dead_letter or fail"),
        "on_deadline": (re.compile("stop|wait|fail"), "stop, wait or fail"),
        "on_retention": (re.compile("warn|resume|stop"), "warn, resume or stop"),
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
            self.values.get("on_deadline", "stop"),
            self.values.get("on_retention", "warn"),
        )


def read_annotations(text: Text) -> Annotations:
    """Raises SqlError for an unknown name, a bad value or one given twice."""
    found = Annotations()
    for comment in _COMMENT.finditer(text.text):
        if comment[1] is not None and _BEGINNING.match(comment[1]):
            _take(text, found, comment[1], comment.start(1))
    return found


def _take(text: Text, found: Annotations, line: str, start: int) -> None:
    match = _ANNOTATION.fullmatch(line)
    if match is None:
        raise text.error("bad_annotation", "not an annotation", start, "write -- @name: value")
    name, value = match[1].lower(), match[2]
    if name not in _PATTERNS:
        near = get_close_matches(name, _PATTERNS, 1)
        hint = f"did you mean @{near[0]}?" if near else f"known: {', '.join(_PATTERNS)}"
        raise text.error("unknown_annotation", f"unknown annotation @{name}", start + match.start(1), hint)
    pattern, words = _PATTERNS[name]
    if not pattern.fullmatch(value):
        raise text.error("bad_annotation", f"@{name} cannot be that", start + match.start(2), f"it is {words}")
    key, _, label = value.partition("=")
    if name in found.values or (name == "label" and key in found.labels):
        raise text.error("bad_annotation", f"@{name} is given twice", start + match.start(1), "leave one of them")
    if name == "label":
        found.labels[key] = label
    else:
        found.values[name] = value
