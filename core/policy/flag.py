"""The feature flag of pausing: for which jobs `pause` and `resume` are on."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from ..selector import SelectorError, parse_selector

MODES: Final = ("all", "some", "none")
OTHERWISE: Final = ("refuse", "stop")
SELECTOR_CHARS_MAX: Final = 1000


@dataclass(frozen=True, slots=True)
class Flag:
    """`some` means: chosen by `selector`, if there is one, and among `percent` of all jobs by a stable hash of the name.

    Where it is off, a pause is refused, or with `otherwise` = `stop` it is a stop and its resume a start.
    """

    mode: str = "all"
    selector: str | None = None
    percent: int = 100
    otherwise: str = "refuse"

    def allows(self, job_id: str, labels: Mapping[str, str]) -> bool:
        """Is pausing on for this job? The same job has the same answer until the flag changes."""
        if self.mode != "some":
            return self.mode == "all"
        chosen = self.selector is None or parse_selector(self.selector).fits(labels)
        return chosen and bucket(job_id) < self.percent


def bucket(job_id: str) -> int:
    """0 to 99, spread evenly and the same everywhere for ever: raising the percentage only adds jobs."""
    return int.from_bytes(hashlib.sha256(job_id.encode()).digest()[:8], "big") % 100


def wrong_with_flag(flag: Flag) -> str | None:
    """In words, what makes it no flag; None if it is one."""
    if flag.mode not in MODES:
        return f"the mode is one of {', '.join(MODES)}"
    if flag.otherwise not in OTHERWISE:
        return f"otherwise is one of {', '.join(OTHERWISE)}"
    if flag.mode != "some" and (flag.selector is not None or flag.percent != 100):
        return f"labels and a percentage choose some jobs, not {flag.mode}: the mode is some"
    if not 0 <= flag.percent <= 100:
        return "a percentage is 0 to 100"
    return wrong_with_selector(flag.selector)


def wrong_with_selector(selector: str | None) -> str | None:
    """In words, what is wrong with the text of a selector; None if nothing is."""
    if selector is not None and len(selector) > SELECTOR_CHARS_MAX:
        return f"a selector has {SELECTOR_CHARS_MAX} characters at most"
    try:
        if selector is not None:
            parse_selector(selector)
    except SelectorError as error:
        return str(error)
    return None
