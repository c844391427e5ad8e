"""YAML that readers of YAML 1.1 and of 1.2 take for the same."""

import re
from typing import Any, Final

import yaml  # type: ignore[import-untyped]

_NUMBER: Final = re.compile(r"[-+]?(0o[0-7]+|0x[0-9a-fA-F]+|(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?)")
"""What the core schema of YAML 1.2 (10.3.2) takes for a number; PyYAML, which knows 1.1, would leave `1e3` and `08` bare."""


class _Dumper(yaml.SafeDumper):  # type: ignore[misc]
    pass


_Dumper.add_implicit_resolver("tag:yaml.org,2002:float", re.compile(f"^({_NUMBER.pattern})$"), list("-+.0123456789"))


def yaml_text(data: Any) -> str:
    """Of plain JSON values, keys in their order. A text that some reader would take for a number stands in quotes."""
    return str(yaml.dump(data, Dumper=_Dumper, sort_keys=False, allow_unicode=True)).rstrip()
