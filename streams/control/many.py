"""A command that is about many jobs: those with labels like its subject, or every one."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from slackwater.core.commands import TEXT_CHARS_MAX, Command, id_in_batch
from slackwater.core.decisions import Refused
from slackwater.core.job import Job
from slackwater.core.selector import HINT, Selector, SelectorError, parse_selector
from slackwater.core.settle import recordable, turned_away

from .strict_json import BadMessage

EVERY_JOB: Final = "@all"
VERBS_OF_MANY: Final = frozenset({"rollback", "start", "pause", "resume", "stop", "drain", "kill"})
NO_NAME: Final = re.compile(r"[=!(),]")
"""What a selector has and no job's name may have. A label alone looks like a name, and so it is one."""


@dataclass(frozen=True, slots=True)
class Many:
    """Which jobs, and what is asked of each."""

    subject: str
    selector: Selector | None
    """None: every job."""
    command: Command
    """As it is asked, but of no job yet. Its id is that of the batch."""
    yes_protected: tuple[str, ...] = ()

    def each(self, jobs: Iterable[Job], clock: Callable[[], datetime]) -> Iterator[Command]:
        """A command for each of the jobs that is chosen, by name. Its id is `<batch_id>/<job>`, as at every door.

        So whoever expands the same message again, and be it after labels have changed, asks nobody twice. What none of them
        could do, and what chooses none, is one refusal. Each is made when it is asked for: time is given from then on.
        """
        if (unfit := recordable(self.command)) is not self.command:
            yield unfit
            return
        names = sorted(job.id for job in jobs if self.selector is None or self.selector.fits(job.spec.labels))
        if not names:
            what = "there are no jobs" if self.selector is None else f"no job has labels like {self.subject}"
            yield self.refused(Refused("no_such_job", what, "see `slackwater jobs`"))
        for name in names:
            yes = name if name in self.yes_protected else None
            yield replace(self.command, id=id_in_batch(self.command.id, name), job_id=name, at=clock(), yes_protected=yes)

    def refused(self, why: Refused) -> Command:
        """The one command that all of it comes to: it stands in the message's place."""
        return turned_away(self.command, why)


def means_many(subject: str) -> bool:
    """Is it not the name of one job?"""
    return subject == EVERY_JOB or NO_NAME.search(subject) is not None


def chosen_by(subject: str, verb: str) -> Selector | None:
    """What `Many` is to choose by. Raises BadMessage for a verb that is asked of one job only, or what is no selector."""
    if verb not in VERBS_OF_MANY:
        raise BadMessage(
            "bad_job_id", f"{verb} is asked of one at a time, by its name", f"of many: {', '.join(sorted(VERBS_OF_MANY))}"
        )
    if subject == EVERY_JOB:
        return None
    if len(subject) > TEXT_CHARS_MAX:
        raise BadMessage(SelectorError.code, f"a selector has at most {TEXT_CHARS_MAX} characters", HINT)
    try:
        return parse_selector(subject)
    except SelectorError as error:
        raise BadMessage(error.code, str(error), HINT) from None
