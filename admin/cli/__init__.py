"""The `slackwater` command. Importing this imports no verb's machinery: `--help` and `pause` must start fast."""

from .app import main

__all__ = ["main"]
