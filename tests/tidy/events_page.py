"""docs/reference/events.md, made from the event types."""

from typing import get_type_hints

from slackwater.core.events import EPOCH_RAISING, EVENTS, LATER_FIELDS, SCHEMA_VERSION
from slackwater.core.policy.events import POLICY_EVENTS
from slackwater.core.recorded import Recorded

from .said import shapes, table, words_of

HEAD = """# Events

Made from the event types by `make reference`; a test fails when it is not current. What may follow what is in
[states](../states.md); a field's meaning never changes.

The log's schema version is {version}. On `slackwater.events` each is the `data` of a CloudEvent
`io.slackwater.event.<name>.v1`: their schemas are in the wheel, in `slackwater/admin/asyncapi.json` (AsyncAPI 3.0).

## In the log

{words}

{table}"""


def page() -> str:
    """docs/reference/events.md."""
    parts = [HEAD.format(version=SCHEMA_VERSION, words=words_of(Recorded), table=table(Recorded)), "## Of a job"]
    parts += [_event(name, kind) for name, kind in EVENTS.items()]
    parts += ["## Of the policy\n\nUnder the job `@policy`: [policy](../policy.md)."]
    parts += [_event(name, kind) for name, kind in POLICY_EVENTS.items()]
    kinds = (*EVENTS.values(), *POLICY_EVENTS.values())
    held = [hint for kind in kinds for hint in get_type_hints(kind).values()]
    parts += ["## What they hold\n\nA `Cut` is a `tuple[PartitionOffset, ...]`."]
    parts += [f"### {kind.__name__}\n\n{words_of(kind)}\n\n{table(kind)}" for kind in shapes(held)]
    return "\n\n".join(parts)


def _event(name: str, kind: type) -> str:
    later = [".".join(path) for path in LATER_FIELDS.get(name, ())]
    notes = [" Raises the epoch."] if name in EPOCH_RAISING else []
    left_out = f"\n\nLeft out where it has its default: {', '.join(f'`{one}`' for one in later)}." if later else ""
    return f"### {name}\n\n{words_of(kind)}{''.join(notes)}\n\n{table(kind)}{left_out}"
