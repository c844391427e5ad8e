"""Which module of the command line has which verb. A new verb is entered here, or nobody finds it."""

from collections.abc import Mapping
from typing import Final

_VERBS: Final[Mapping[str, tuple[str, ...]]] = {
    "control": ("deploy", "rollback", "start", "pause", "resume", "stop", "drain", "kill", "sql"),
    "house": ("demo", "dev", "worker", "web"),
    "look": ("jobs", "show", "history", "state-as-of", "audit", "verify"),
    "watch": ("watch",),
    "export": ("export",),
    "policy": ("flag", "window"),
    "rules": ("rule",),
    "metrics": ("metrics",),
    "upkeep": ("doctor", "db"),
}
MODULE_OF: Final[Mapping[str, str]] = {verb: module for module, verbs in _VERBS.items() for verb in verbs}
"""By verb, in the order of `--help`."""
