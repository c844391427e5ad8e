"""docs/reference/fields.md: what a command's fields are called at every door, learnt from the doors themselves."""

import inspect
from collections.abc import Iterator
from typing import Any, Final

from tests.docs.command_lines import root

from slackwater.admin.api import Admin
from slackwater.admin.door import Door
from slackwater.admin.web import asks, policy_pages
from slackwater.admin.web.app import make_app
from slackwater.admin.web.bodies import OfOne
from slackwater.admin.web.context import new_web
from slackwater.admin.web.form import Form
from slackwater.admin.web.settings import web_settings
from slackwater.persistence.memory import MemoryStore

from .command_fields import JOB, SUBJECTS, VERB_FIELDS

HEAD: Final = """# Fields

What a command's fields are called at every door, made from the doors themselves by `make reference`; a test fails
when one of them says it otherwise. A field has one name in the JSON of [HTTP](../web.md#the-http-api) and [control
topic](../control-topic.md), in [Python](python.md), on the [command line](../cli.md) and in the forms of the web
page, but that

- Python has no word `for`: there a pause's is `for_s`, in seconds;
- an option of the command line has no unit: `--deadline` is `deadline_s`, `--rate` is `rate_per_s`; what a window's
  `lasts_s` and a rule's `for_s` and `release_s` are, people write as `--for 30m` and `--release-after 10m`; and what
  may be said several times is said in the singular: `--hold` is one of `holds`;
- a job itself has a `name`; whatever is about a job (a result, an error, an event) names it as `job`. In SQL, and in
  Python's records of the log, that column is `job_id`.

A dash: it cannot be said there, or the job's text says it."""

CLI_SPELLS: Final = {"deadline": "deadline_s", "rate": "rate_per_s"}
PYTHON_SPELLS: Final = {"for_s": "for"}
COMMANDS: Final = {
    "set_flag": ("flag",),
    "set_window": ("window", "add"),
    "remove_window": ("window", "remove"),
    "set_rule": ("rule", "add"),
    "remove_rule": ("rule", "remove"),
}
"""Verb → words of the command line, where they are others."""
OF_ONE_DOOR: Final = frozenset(
    {"jobs", "file", "start", "wait", "no_wait", "timeout", "dry_run", "yes", "command_id", "output"}
)
"""How the command line asks, and how it shows the answer: no fields of what is asked."""
CHOOSES_JOBS: Final = frozenset({"name", "selector", "all"})
"""Of a verb about a job: which one."""


def page() -> str:
    """The page."""
    return "\n\n".join([HEAD, *map(_table, VERB_FIELDS)])


def _table(verb: str) -> str:
    said = {"Python": python(verb), "command line": command_line(verb), "web page": form(verb)}
    lines = [f"## {verb}", "", f"| JSON | {' | '.join(said)} |", "|---|---|---|---|"]
    for field in VERB_FIELDS[verb].properties:
        spelt = (names.get(field, "") for names in said.values())
        lines.append(f"| `{field}` | {' | '.join(f'`{one}`' if one else '–' for one in spelt)} |")
    return "\n".join(lines)


def python(verb: str) -> dict[str, str]:
    """Field → the argument of `Admin`'s method."""
    method = getattr(Admin, f"{verb}_job", None) or getattr(Admin, verb)
    beside = {name: name for name in inspect.signature(Door.ask).parameters if name in VERB_FIELDS[verb].properties}
    about = {"self", "how"} | ({"name"} if SUBJECTS[verb] == JOB else set())
    own = (name for name in inspect.signature(method).parameters if name not in about)
    return {_in(verb, name, PYTHON_SPELLS.get(name, name)): name for name in own} | beside


def http(verb: str) -> set[str]:
    """Fields of the body, by the OpenAPI document. What is beside every verb is left out."""
    document = _openapi()
    start = "/api/v1/jobs/{name}/" if SUBJECTS[verb] == JOB else "/api/v1/policy/"
    body = document["paths"][start + verb]["post"]["requestBody"]["content"]["application/json"]["schema"]
    names = [one["$ref"].rpartition("/")[2] for one in body.get("anyOf", [body]) if "$ref" in one]
    return set(document["components"]["schemas"][names[0]]["properties"]) - set(OfOne.model_fields)


def _openapi() -> dict[str, Any]:
    store = MemoryStore()
    return make_app(new_web(store, None, web_settings("127.0.0.1", 0))).openapi()


def command_line(verb: str) -> dict[str, str]:
    """Field → the option or argument that says it."""
    return dict(_options(verb))


def _options(verb: str) -> Iterator[tuple[str, str]]:
    found: Any = root()
    for word in COMMANDS.get(verb, (verb,)):
        found = found.commands[word]
    not_fields = OF_ONE_DOOR | (CHOOSES_JOBS if SUBJECTS[verb] == JOB else set())
    for one in found.params:
        long = next((text for text in one.opts if text.startswith("--")), one.name.upper())
        name = long.removeprefix("--").replace("-", "_").lower()
        if name in not_fields:
            continue
        yield _in(verb, CLI_SPELLS.get(name, name), f"{name}s", *_in_seconds(name)), long


def form(verb: str) -> dict[str, str]:
    """Field → the field of the page's form."""
    listening = _Listening()
    verbs: Any = {**asks.VERBS, **policy_pages.VERBS}
    if verb in verbs:
        verbs[verb](listening)
    if verb in asks.VERBS:
        asks.beside(listening)
    return {_in(verb, name, *_in_seconds(name)): name for name in listening.heard if name not in OF_ONE_DOOR}


def _in_seconds(name: str) -> list[str]:
    return [field for field, written in policy_pages.IN_SECONDS.items() if written == name]


def _in(verb: str, *names: str) -> str:
    """The first of these that is a field of the verb; if none is, the first."""
    return next((name for name in names if name in VERB_FIELDS[verb].properties), names[0])


class _Listening(Form):
    def __init__(self) -> None:
        super().__init__([("for", "30m"), ("upper", "2"), ("lower", "1")])
        self.heard: dict[str, None] = {}

    def text(self, name: str) -> str | None:
        self.heard[name] = None
        return super().text(name)
