"""docs/reference/settings.md, made from admin/settings.py."""

from typing import Any

from slackwater.admin.settings import DEV_FILE, Settings

from .said import cell, fields_of

HEAD = """# Settings

Made from `admin/settings.py` by `make reference`; a test fails when it is not current. The strongest first:

1. options before the verb (`--log`, `--kafka`);
2. variables of the environment, `SLACKWATER_` and the name in capitals;
3. `slackwater.toml` in the working directory;
4. `{dev}`, which `slackwater dev` writes while it runs.

A name nobody knows is refused in a file and warned of in the environment; a value that cannot be is refused.
`slackwater doctor` says what it finds.
"""
EXAMPLE = """
## An example

Maps are tables in the file and JSON in the environment. A password belongs in neither a command line nor a tracked file.

```toml
log = "postgresql://slackwater@db.internal/slackwater"
kafka = "broker-1:9093,broker-2:9093"
prefix = "payments"

[kafka_settings]
"security.protocol" = "SASL_SSL"
"sasl.mechanism" = "SCRAM-SHA-512"
"sasl.username" = "slackwater"
```

```sh
export SLACKWATER_KAFKA_SETTINGS='{"security.protocol": "SASL_SSL", "sasl.username": "slackwater", "sasl.password": "…"}'
```

What a pause rests on is refused with `protected_setting`, see [the codes](../cli.md#codes-of-this-door). What a
job is told, it is told in its text: [annotations](../sql.md#annotations)."""


def variables() -> dict[str, str]:
    """Variable of the environment → field."""
    return {f"{Settings.model_config['env_prefix']}{name.upper()}": name for name in Settings.model_fields}


def page() -> str:
    """docs/reference/settings.md."""
    text = {field.name: field for field in fields_of(Settings)}
    lines = ["| in the file | in the environment | type | |", "|---|---|---|---|"]
    for variable, name in variables().items():
        field = Settings.model_fields[name]
        default = field.get_default(call_default_factory=True)
        typed = text[name].type if default is None else f"{text[name].type} = {default}"
        words = " ".join([text[name].text, *_bounds(field.metadata)])
        lines.append(f"| `{name}` | `{variable}` | `{cell(typed)}` | {cell(words)} |")
    return "\n".join([HEAD.format(dev=DEV_FILE), *lines, EXAMPLE])


def _bounds(metadata: list[Any]) -> list[str]:
    said = {word: getattr(one, word) for one in metadata for word in ("ge", "le", "pattern") if hasattr(one, word)}
    bounds = [f"From {said['ge']} to {said['le']}."] if {"ge", "le"} <= said.keys() else []
    return bounds + ([f"Matches `{said['pattern']}`."] if "pattern" in said else [])
