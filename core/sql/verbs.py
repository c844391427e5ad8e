"""Job verbs as statements: `PAUSE JOB orders_big REASON 'maintenance'`. Tried before the language itself."""

import re
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from .annotations import JOB_NAME
from .errors import SqlError, Text


@dataclass(frozen=True, slots=True)
class JobVerb:
    """A verb with what it says. `hold` is None for the default hold; `all_holds` releases every one."""

    verb: str
    job: str | None = None
    reason: str | None = None
    hold: str | None = None
    all_holds: bool = False
    lasts: str | None = None
    until: str | None = None


_TOKEN: Final = re.compile(r"\s*(?:'((?:[^']|'')*)'|([A-Za-z0-9._-]+)|(;)|(\S))")
_CLAUSES: Final = MappingProxyType(
    {
        "START": ("REASON",),
        "PAUSE": ("REASON", "HOLD", "FOR", "UNTIL"),
        "RESUME": ("REASON", "HOLD", "ALL"),
        "STOP": ("REASON",),
        "DRAIN": ("REASON",),
        "KILL": ("REASON",),
    }
)
_EITHER: Final = (
    (("HOLD", "ALL"), "release one hold or all"),
    (("FOR", "UNTIL"), "a hold ends after a while or at a time"),
)
_LATER: Final = frozenset({"EXPLAIN", "ROLLBACK", "DEPLOY"})


def parse_verb(text: str) -> JobVerb | None:
    """The verb, or None if the text is no job verb at all. Raises SqlError for one that is not written right."""
    first = re.match(r"\s*([A-Za-z]+)\b", text)
    word = first[1].upper() if first else ""
    if word not in _CLAUSES and word not in _LATER and word not in {"SHOW", "LIST"}:
        return None
    return _Verbs(text).read()


class _Verbs:
    def __init__(self, text: str) -> None:
        self._text = Text(text)
        self._tokens = [(m.start() + len(m[0]) - len(m[0].lstrip()), m) for m in _TOKEN.finditer(text)]
        self._at = 0
        self._end = len(text.rstrip())

    def read(self) -> JobVerb:
        verb = self._word()
        if verb in {"SHOW", "LIST"}:
            return self._show()
        if verb in _LATER:
            raise self._error(
                "unsupported_statement", f"{verb} is not supported as a statement", ", ".join(_CLAUSES), back=1
            )
        if self._word() not in {"JOB", "QUERY"}:
            raise self._error("syntax_error", f"{verb} what?", f"{verb} JOB name", back=1)
        job = self._job()
        found: dict[str, str] = {}
        while not self._done:
            clause = self._word()
            if clause not in _CLAUSES[verb] or clause in found:
                known = ", ".join(_CLAUSES[verb])
                raise self._error(
                    "unsupported_clause", f"{verb} JOB takes no {clause or 'that'}", f"once each: {known}", back=1
                )
            found[clause] = "" if clause == "ALL" else self._name() if clause == "HOLD" else self._quoted()
        for both, hint in _EITHER:
            if found.keys() >= set(both):
                raise self._error("syntax_error", f"{' and '.join(both)} together", hint, back=1)
        ends = (found.get("FOR"), found.get("UNTIL"))
        return JobVerb(verb.lower(), job, found.get("REASON"), found.get("HOLD"), "ALL" in found, *ends)

    def _show(self) -> JobVerb:
        what = self._word()
        if what in {"JOBS", "QUERIES"} and self._done:
            return JobVerb("jobs")
        if what == "HISTORY" and self._word() == "OF" and self._word() in {"JOB", "QUERY"}:
            job = self._job()
            if self._done:
                return JobVerb("history", job)
        raise self._error("unsupported_statement", "not something to show", "SHOW JOBS, SHOW HISTORY OF JOB name", back=1)

    @property
    def _done(self) -> bool:
        rest = self._tokens[self._at :]
        return not rest or (rest[0][1][3] is not None and len(rest) == 1)

    def _take(self) -> re.Match[str] | None:
        if self._at >= len(self._tokens):
            self._at += 1
            return None
        self._at += 1
        return self._tokens[self._at - 1][1]

    def _word(self) -> str:
        match = self._take()
        return (match[2] or "").upper() if match else ""

    def _job(self) -> str:
        name = self._name()
        if not JOB_NAME.fullmatch(name):
            raise self._error("bad_name", f"{name[:70]} cannot be a job", "1-63 of a-z 0-9 . _ -", back=1)
        return name

    def _name(self) -> str:
        match = self._take()
        if match is None or match[2] is None:
            raise self._error("syntax_error", "a name is expected", "letters, digits, . _ -", back=1)
        return match[2]

    def _quoted(self) -> str:
        match = self._take()
        if match is None or match[1] is None:
            raise self._error("syntax_error", "a quoted text is expected", "write it in '…'", back=1)
        return match[1].replace("''", "'")

    def _error(self, code: str, message: str, hint: str, back: int = 0) -> SqlError:
        at = self._at - back
        return self._text.error(code, message, self._tokens[at][0] if at < len(self._tokens) else self._end, hint)
