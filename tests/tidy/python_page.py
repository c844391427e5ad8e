"""docs/reference/python.md, made from Admin, what its methods give, and the errors they raise."""

import inspect
from typing import get_type_hints

import slackwater
from slackwater.admin import errors
from slackwater.admin.api import Admin
from slackwater.admin.async_api import AsyncAdmin
from slackwater.admin.door import Door
from slackwater.core.events import EVENTS
from slackwater.core.policy.events import POLICY_EVENTS

from .said import methods_of, shapes, signature_of, table, words_of

HEAD = """# Python

Made from the types by `make reference`; a test fails when it is not current. Fields have the same names in JSON, on every
surface.

```python
from slackwater import Admin

with Admin.connect() as admin:
    print(admin.pause_job("orders_big", reason="release 42").cut)
```

`from slackwater import …` also has {names}."""
AWAITED = """## AsyncAdmin

{words}

```python
from slackwater import AsyncAdmin


async def hold() -> None:
    async with await AsyncAdmin.connect() as admin:
        await admin.pause_job("orders_big", reason="release 42")
```"""


def page() -> str:
    """docs/reference/python.md."""
    names = ", ".join(f"`{name}`" for name in slackwater.__all__ if not name.endswith("Admin"))
    parts = [HEAD.format(names=names), f"## Admin\n\n{words_of(Admin)}"]
    parts += [_method(name, method) for name, method in methods_of(Admin)]
    parts += [f"### How to ask\n\nWhat `**how` stands for in every verb.\n\n{_said(Door.ask)}"]
    parts += [AWAITED.format(words=words_of(AsyncAdmin))]
    parts += [_method(name, method) for name, method in methods_of(AsyncAdmin) if name not in {"connect", "close"}]
    parts += ["## What is given", *map(_shape, given())]
    parts += ["## Errors", *map(_error, raised())]
    return "\n\n".join(parts)


def given() -> list[type]:
    """Types that the methods give, with what those hold. Events are docs/reference/events.md's."""
    of_methods = [get_type_hints(method).get("return") for _, method in methods_of(Admin)]
    named = [getattr(slackwater, name) for name in slackwater.__all__]
    return shapes([*of_methods, *named], (*EVENTS.values(), *POLICY_EVENTS.values()))


def raised() -> list[type[errors.SlackwaterError]]:
    """The errors, as their module has them."""
    found = [kind for kind in vars(errors).values() if isinstance(kind, type)]
    return [kind for kind in found if issubclass(kind, errors.SlackwaterError)]


def _method(name: str, method: object) -> str:
    return f"### {name}\n\n{_said(method)}"


def _said(method: object) -> str:
    assert callable(method)
    return f"```text\n{signature_of(method)}\n```\n\n{words_of(method)}"


def _shape(kind: type) -> str:
    words = "" if inspect.getdoc(kind) == inspect.getdoc(tuple) else words_of(kind)
    return f"### {kind.__name__}\n\n{words}\n\n{table(kind)}"


def _error(kind: type[errors.SlackwaterError]) -> str:
    parents = [one.__name__ for one in kind.__bases__ if one is not Exception]
    of = f" Is a {parents[0]}." if parents else f"\n\n```text\n{signature_of(kind.__init__)}\n```"
    return f"### {kind.__name__}\n\n{words_of(kind)} The command line ends with {kind.exit_code}.{of}"
