"""docs/states.md, made from the transition table: `python -m tests.tidy.diagram > docs/states.md` (`make diagram`)."""

from collections import defaultdict

from slackwater.core.control.verdicts import LEGAL_VERBS
from slackwater.core.coverage import Stance
from slackwater.core.events import EPOCH_RAISING
from slackwater.core.job import Job
from slackwater.core.spec import JobSpec
from slackwater.core.states import LIVE, TRANSITIONAL, JobState
from slackwater.core.transition_table import JOB_TRANSITIONS
from slackwater.core.want import wanted

STANCES = {Stance.RUNNING: "run", Stance.STILL: "hold still", Stance.RELEASED: "release"}
HEAD = """# States of a job

Made from `core/transition_table.py` by `make diagram`; a test fails when it is not current. The words are those of
[the glossary](glossary.md).

`JobFailed` leads from every living state to `FAILED` and is left out of the picture, as are the events that stay in a
state; the table has them all.
"""
RESUME_AT_REST = """A job at rest (`DEPLOYED`, `STOPPED`, `FAILED`) that has holds may also be resumed: they are let go and
nothing moves ([why](decisions/0004-pause-at-rest.md))."""


def mermaid() -> str:
    """The moves from one state to another as a Mermaid state diagram."""
    arrows: dict[tuple[str, str], list[str]] = defaultdict(list)
    for row in JOB_TRANSITIONS:
        if row.source is not row.target and row.event != "JobFailed":
            source = "[*]" if row.source is JobState.ABSENT else str(row.source)
            arrows[source, str(row.target)].append(row.event)
    lines = [f"    {source} --> {target}: {', '.join(events)}" for (source, target), events in arrows.items()]
    return "\n".join(["```mermaid", "stateDiagram-v2", *lines, "```"])


def states_table() -> str:
    """What each state means to workers and operators."""
    lines = ["| state | workers are to | ends by itself | an operator may |", "|---|---|---|---|"]
    for state in JobState:
        if state is JobState.ABSENT:
            continue
        stance = STANCES[wanted(Job("any", JobSpec(""), state)).stance]
        ends = "coverage or deadline" if state in TRANSITIONAL else "failure" if state in LIVE else "no"
        lines.append(f"| `{state}` | {stance} | {ends} | {', '.join(LEGAL_VERBS[state]) or 'wait'} |")
    return "\n".join(lines)


def events_table() -> str:
    """Every row: event by event, from where to where."""
    moves: dict[str, list[str]] = defaultdict(list)
    for row in JOB_TRANSITIONS:
        there = f"`{row.source}` → `{row.target}`" if row.source is not row.target else f"`{row.source}` stays"
        moves[row.event].append(there)
    lines = ["| event | epoch | moves |", "|---|---|---|"]
    for event, ways in moves.items():
        lines.append(f"| `{event}` | {'rises' if event in EPOCH_RAISING else ''} | {', '.join(ways)} |")
    return "\n".join(lines)


def page() -> str:
    """docs/states.md."""
    states = ["## States", "", states_table(), "", RESUME_AT_REST]
    return "\n".join([HEAD, mermaid(), "", *states, "", "## Events", "", events_table()])


if __name__ == "__main__":
    print(page())
