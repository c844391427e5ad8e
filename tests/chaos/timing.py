"""How long something took, by kind, as a table with percentiles."""

import statistics
from collections import defaultdict


class Timing:
    """Seconds by kind. `session_s` is what they are also given in."""

    def __init__(self, session_s: float) -> None:
        self._session_s = session_s
        self._took: dict[str, list[float]] = defaultdict(list)
        self._unproved: dict[str, int] = defaultdict(int)

    def add(self, kind: str, took_s: float | None) -> None:
        """One more; None if it came to nothing."""
        if took_s is None:
            self._unproved[kind] += 1
        else:
            self._took[kind].append(took_s)

    @property
    def proved(self) -> int:
        """How many took a time."""
        return sum(len(took) for took in self._took.values())

    @property
    def unproved(self) -> int:
        """How many came to nothing."""
        return sum(self._unproved.values())

    def table(self) -> str:
        """Markdown."""
        lines = ["| pause | proved | not proved | p50, s | p99, s | p99, sessions |", "|---|---|---|---|---|---|"]
        for kind in sorted(self._took.keys() | self._unproved.keys()):
            took = sorted(self._took[kind])
            p50, p99 = (statistics.median(took), took[min(len(took) * 99 // 100, len(took) - 1)]) if took else (0.0, 0.0)
            times = f"{p50:.2f} | {p99:.2f} | {p99 / self._session_s:.2f}" if took else "| | "
            lines.append(f"| {kind} | {len(took)} | {self._unproved[kind]} | {times} |")
        return "\n".join(lines)
