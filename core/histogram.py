"""How often values fell into which class: what a Prometheus histogram is made of."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import accumulate


class Histogram:
    """Classes by upper `bounds`, rising; one more class for what is beyond the last. Not for several writers at once."""

    __slots__ = ("bounds", "classes", "total")

    def __init__(self, bounds: Sequence[float], classes: Sequence[int] = (), total: float = 0.0) -> None:
        self.bounds = tuple(bounds)
        self.classes = list(classes) or [0] * (len(self.bounds) + 1)
        self.total = total

    def add(self, value: float) -> None:
        """Count one value."""
        self.classes[bisect_left(self.bounds, value)] += 1
        self.total += value

    def copy(self) -> "Histogram":
        """The same values, and none that come later."""
        return Histogram(self.bounds, self.classes, self.total)

    @property
    def count(self) -> int:
        """How many values."""
        return sum(self.classes)

    def cumulative(self) -> Iterator[tuple[str, int]]:
        """Upper bound as Prometheus writes it, and how many values were not above it."""
        bounds = [*map(str, map(float, self.bounds)), "+Inf"]
        return zip(bounds, accumulate(self.classes), strict=True)

    def quantile(self, share: float) -> float | None:
        """The bound below which at least this share of the values lie; None without values, or if it is beyond the last."""
        wanted = share * self.count
        found = (bound for bound, so_far in zip(self.bounds, accumulate(self.classes), strict=False) if so_far >= wanted)
        return next(found, None) if self.count else None
