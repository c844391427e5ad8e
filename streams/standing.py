"""What a record path tells the supervisor: where it stands, and why it failed."""

from dataclasses import dataclass, field

from slackwater.core.cut import Cut, Gap, gaps_text
from slackwater.core.want import Want


@dataclass(frozen=True, slots=True)
class Standing:
    """What this worker can vouch for: its stance in an epoch, the partitions it owns and their stable committed offsets."""

    want: Want
    offsets: Cut
    partitions: dict[str, int]
    lag: int | None = None
    topics: dict[str, str] = field(default_factory=dict)

    def is_cleared_by(self, want: Want) -> bool:
        """Nothing is taken before the log has our word that we run: until then it takes the cut for where the job stands."""
        return want.cleared is None or want.cleared.issuperset((topic, partition) for topic, partition, _ in self.offsets)


class Unmendable(Exception):
    """Something no retry mends; `code` is from the closed set of docs/glossary.md."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class NotYet(Exception):
    """Looks like something no retry mends, but may pass; `becomes` is what it is once patience is out."""

    def __init__(self, becomes: Unmendable) -> None:
        super().__init__(str(becomes))
        self.becomes = becomes


class DataGap(Unmendable):
    """Records the job has not taken are gone. `gaps` says which."""

    def __init__(self, gaps: tuple[Gap, ...]) -> None:
        super().__init__("data_gap", gaps_text(gaps))
        self.gaps = gaps


@dataclass(frozen=True, slots=True)
class PathFailure:
    """Why a path ended: an Unmendable's code and message."""

    code: str
    message: str
    offsets: Cut = ()
    """What this worker last saw committed."""
    gaps: tuple[Gap, ...] = ()
