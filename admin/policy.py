"""What an operator asks about many jobs at once: the feature flag and the maintenance windows."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice, takewhile
from typing import Any, Final

from slackwater.core.field_types import wrong_argument
from slackwater.core.policy.flag import Flag
from slackwater.core.policy.policy import POLICY_ID, Policy
from slackwater.core.policy.verbs import RemoveWindow, SetFlag, SetWindow
from slackwater.core.policy.window import ZONE, Occurrence, Window
from slackwater.persistence.store import EventStore

from .desk import CommandResult, translated
from .door import Door
from .errors import InvalidCommand

UPCOMING_MAX: Final = 1000
"""Occurrences that are shown of one window, however long one asks for."""


@dataclass(frozen=True, slots=True)
class UpcomingWindow:
    """One occurrence of a maintenance window, open now or to come, and the jobs it would hold as they are now."""

    name: str
    begins: datetime
    ends: datetime
    is_open: bool
    reason: str | None
    jobs: tuple[str, ...]


class PolicyAdmin:
    """The part of `Admin` that is about the policy. Every change is an event, with actor and reason."""

    store: EventStore
    _door: Door

    def policy(self) -> Policy:
        """The feature flag, the windows and the rules, by the log; `version`, `since` and `by` of the last change."""
        with translated():
            return self.store.policy()

    def set_flag(
        self,
        mode: str,
        *,
        selector: str | None = None,
        percent: int = 100,
        otherwise: str = "refuse",
        reason: str | None = None,
        **how: Any,
    ) -> CommandResult:
        """Turn pausing on for `all`, `none` or `some` jobs: chosen by `selector`, and `percent` of them by name.

        Where it is off, a pause is refused (`pause_disabled`), or is a stop and its resume a start if `otherwise` is `stop`.
        What is held can always be let go. Raises InvalidCommand `bad_policy`; see `Door.ask` for `how`.
        """
        return self._door.ask(POLICY_ID, SetFlag(Flag(mode, selector, percent, otherwise), reason), **how)

    def set_window(
        self,
        name: str,
        cron: str,
        *,
        zone: str = ZONE,
        lasts_s: int,
        selector: str | None = None,
        reason: str | None = None,
        **how: Any,
    ) -> CommandResult:
        """Hold the jobs that `selector` chooses (every job, if None) for `lasts_s` seconds at each time of `cron` in `zone`.

        Changes the window of that name if there is one. Raises InvalidCommand `bad_policy`; see `Door.ask` for `how`.
        """
        return self._door.ask(POLICY_ID, SetWindow(Window(name, cron, zone, lasts_s, selector, reason)), **how)

    def remove_window(self, name: str, *, reason: str | None = None, **how: Any) -> CommandResult:
        """The window does not come again. Jobs it holds now stay held until its end, or until somebody releases them."""
        return self._door.ask(POLICY_ID, RemoveWindow(name, reason), **how)

    def upcoming_windows(self, count: int = 3, until: datetime | None = None) -> tuple[UpcomingWindow, ...]:
        """Of each window what is open now and the next `count` occurrences, or all that begin by `until`; soonest first.

        Raises InvalidCommand `bad_argument`, and `bad_until` for a time without a zone. A job without the labels, or with
        pausing off, is not among `jobs`; one that does not live is, should it be started.
        """
        if (wrong := wrong_argument("count", count, int) or wrong_argument("until", until, datetime | None)) is not None:
            raise InvalidCommand(wrong.code, wrong.message)
        if count < 0:
            raise InvalidCommand("bad_argument", f"count is 0 or more, not {count}")
        now, policy = datetime.now(UTC), self.policy()
        with translated():
            known = self.store.jobs()
        found = []
        for window in policy.windows:
            jobs = tuple(job.id for job in known if policy.reaches(window, job.id, job.spec.labels))
            for begins, ends in _occurrences(window, now, count, until):
                found.append(UpcomingWindow(window.name, begins, ends, begins <= now, window.reason, jobs))
        return tuple(sorted(found, key=lambda one: (one.begins, one.name)))


def flag_text(flag: Flag) -> str:
    """pausing is on for some: labels team=data, 25 % of all jobs; elsewhere a pause is a stop."""
    which = [f"labels {flag.selector}"] if flag.selector else []
    which += [f"{flag.percent} % of all jobs"] if flag.percent < 100 else []
    chosen = f": {', '.join(which)}" if flag.mode == "some" and which else ""
    elsewhere = {"refuse": "refused", "stop": "a stop, and its resume a start"}[flag.otherwise]
    return f"pausing is on for {flag.mode}{chosen}" + ("" if flag.mode == "all" else f"; elsewhere a pause is {elsewhere}")


def _occurrences(window: Window, now: datetime, count: int, until: datetime | None) -> Iterator[Occurrence]:
    opened = window.open_at(now)
    if opened is not None:
        yield opened
    to_come = window.after(now)
    if until is None:
        yield from islice(to_come, min(count, UPCOMING_MAX))
    else:
        yield from islice(takewhile(lambda one: one.begins <= until, to_come), UPCOMING_MAX)
