"""The `slackwater` command, and `python -m slackwater`."""

import atexit
import gc
import os
import sys
from typing import Final

_YOUNG: Final = 10_000
"""Objects made before the collector looks at them: an import makes tens of thousands, and none of them is garbage."""


def main() -> None:
    """Run the command line, and exit.

    What imports make lives as long as the process. Looking through it for garbage, while importing and once more at the end,
    took a fifth of the time of a pause.
    """
    gc.disable()
    # What else is installed is not searched for plugins of pydantic: we have none.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "1")
    from slackwater.admin.cli import main as command

    gc.freeze()
    gc.set_threshold(_YOUNG)
    gc.enable()
    atexit.register(_leave)
    command()


def _leave() -> None:
    """Spare a last look for garbage, unless DuckDB is in: it complains on stderr of what is not collected at the end."""
    if "_duckdb" in sys.modules:
        gc.unfreeze()
    else:
        gc.freeze()


if __name__ == "__main__":
    main()
