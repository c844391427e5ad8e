"""The audit page's fields for people who write no SQL: they write it for them."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Final

from fastapi import Query

from slackwater.core.duration import duration_s
from slackwater.core.events import EVENTS
from slackwater.core.policy.events import POLICY_EVENTS

from ..errors import InvalidCommand
from .past import said_moment

EVENT_NAMES: Final = tuple(name for name in (*EVENTS, *POLICY_EVENTS) if name != "WorkerAcked")
"""What `job_history` shows."""
ROWS_MAX: Final = 500
Said = Annotated[str, Query(max_length=1000)]


@dataclass(frozen=True, slots=True)
class Filters:
    """What was said of the events that are wanted; empty where it does not matter."""

    job: str = ""
    actor: str = ""
    event: str = ""
    since: str = ""
    """A number of an event, a time, or how long ago: 24h."""

    @property
    def is_said(self) -> bool:
        """Was anything?"""
        return any((self.job, self.actor, self.event, self.since))

    def sql(self) -> str:
        """The query that finds them, newest first. Raises InvalidCommand `bad_time`."""
        named = {"job_id": self.job, "actor": self.actor, "event": self.event}
        tests = [f"{column} = {_quoted(value)}" for column, value in named.items() if value]
        if self.since:
            since = _since(self.since)
            tests.append(f"seq > {since}" if isinstance(since, int) else f"at >= '{since:%Y-%m-%dT%H:%M:%S.%fZ}'")
        where = "\n  AND ".join(["seq <= :as_of", *tests])
        columns = "seq, at, job_id, event, actor, channel, reason"
        return f"SELECT {columns}\nFROM job_history\nWHERE {where}\nORDER BY seq DESC\nLIMIT {ROWS_MAX}"


def filters_of(job: Said = "", actor: Said = "", event: Said = "", since: Said = "") -> Filters:
    """What an address says of them."""
    return Filters(job.strip(), actor.strip(), event.strip(), since.strip())


def _since(text: str) -> int | datetime:
    try:
        return datetime.now(UTC) - timedelta(seconds=duration_s(text))
    except ValueError:
        found = said_moment(text)
    except OverflowError:
        raise InvalidCommand("bad_time", f"that is before all times: {text[:40]!r}") from None
    return found if isinstance(found, int) else found.astimezone(UTC)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
