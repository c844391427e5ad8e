"""Variables of the environment that look like settings and are none: nobody would miss what they were to say."""

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Final

from .settings import Settings

PREFIX: Final = "SLACKWATER_"
_OTHERS: Final = ("WEB_TOKEN", "DIE_AT", "DIE_BY")
"""What else is read: the web page's, and the steps of `persistence/steps.py`."""
_SERVICE_LINK: Final = re.compile(r"SERVICE_(HOST|PORT)(_|$)|PORT_\d+_(TCP|UDP|SCTP)")


def misspelt(environment: Mapping[str, str]) -> Iterator[str]:
    """A line for each such variable. Those are left out that Kubernetes makes for a service by the name of slackwater."""
    known = [*(name.upper() for name in Settings.model_fields), *_OTHERS]
    for variable, value in sorted(environment.items()):
        name = variable.upper().removeprefix(PREFIX)
        is_ours = variable.upper().startswith(PREFIX) and name not in known
        if is_ours and not _SERVICE_LINK.search(name) and not value.startswith(("tcp://", "udp://", "sctp://")):
            nearest = get_close_matches(name, known, 1)
            yield f"{variable} is no setting" + (f"; did you mean {PREFIX}{nearest[0]}?" if nearest else "")
