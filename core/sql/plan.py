"""JobPlan: what a job does, as data. The engine runs this and never sees the user's text."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from .types import BIGINT, INTEGER, VARCHAR

PLACES: Final = MappingProxyType({"_key": VARCHAR, "_partition": INTEGER, "_offset": BIGINT, "_timestamp": BIGINT})
"""The pseudo-columns of every stream, for where a record stood in Kafka, and their types."""


@dataclass(frozen=True, slots=True)
class Column:
    """A field of the input's JSON object, read as `type`; or, with `place`, a pseudo-column of PLACES or a
    volatile function, which has one value for each record.

    A field of another type makes the record poison; with `lenient` (TRY_CAST) it is NULL.
    """

    name: str
    type: str
    place: bool = False
    lenient: bool = False


@dataclass(frozen=True, slots=True)
class Source:
    """An input topic. `columns` is None if it was not declared: then its values can only be passed through or CAST."""

    name: str
    topic: str
    columns: tuple[Column, ...] | None = None
    timestamp: str | None = None
    """The column that says when a record happened. Kept for windows; nothing uses it yet."""


@dataclass(frozen=True, slots=True)
class Output:
    """Where a pipeline writes."""

    name: str
    topic: str


@dataclass(frozen=True, slots=True)
class Projection:
    """One field of the output: its name, and the DuckDB expression over the pipeline's columns c0, c1, …"""

    name: str
    duckdb_sql: str
    type: str


@dataclass(frozen=True, slots=True)
class Pipeline:
    """One source into one output. `select` None passes values through unchanged; `key` None keeps the input's key.

    `columns` are the input fields used: the n-th is `cn` in every expression, so no name of the user's reaches DuckDB.
    """

    source: Source
    output: Output
    columns: tuple[Column, ...]
    select: tuple[Projection, ...] | None
    where: str | None
    key: str | None


@dataclass(frozen=True, slots=True)
class JobOptions:
    """What annotations decide."""

    start: str = "earliest"
    """Where a job without committed offsets begins: `earliest` or `latest`."""
    on_error: str = "dead_letter"
    """What a poison record does: `dead_letter` or `fail`."""
    dead_letter_topic: str | None = None
    """None: `<input topic>.dead_letters`."""
    deterministic: bool = True
    on_deadline: str = "stop"
    """What a transition that is not proved in time comes to: `stop`, `wait` or `fail`."""
    on_retention: str = "warn"
    """What a paused job does when retention is about to delete what it has not read: `warn`, `resume` or `stop`."""


@dataclass(frozen=True, slots=True)
class JobPlan:
    """Every pipeline of a job, and what its annotations say."""

    pipelines: tuple[Pipeline, ...]
    name: str | None = None
    version: str | None = None
    description: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    options: JobOptions = JobOptions()

    @property
    def input_topics(self) -> tuple[str, ...]:
        """Sorted, each once."""
        return tuple(sorted({pipeline.source.topic for pipeline in self.pipelines}))

    @property
    def output_topics(self) -> tuple[str, ...]:
        """Sorted, each once; without dead letters."""
        return tuple(sorted({pipeline.output.topic for pipeline in self.pipelines}))

    @property
    def written_topics(self) -> tuple[str, ...]:
        """Outputs and dead letters: whatever a record path may write to."""
        dead = (
            [self.dead_letter_topic(topic) for topic in self.input_topics] if self.options.on_error == "dead_letter" else ()
        )
        return tuple(sorted({*self.output_topics, *dead}))

    @property
    def lineage(self) -> tuple[tuple[str, str], ...]:
        """Which input topic goes into which output topic: sorted pairs, each once."""
        return tuple(sorted({(pipeline.source.topic, pipeline.output.topic) for pipeline in self.pipelines}))

    def dead_letter_topic(self, input_topic: str) -> str:
        """Where poison records of an input go."""
        return self.options.dead_letter_topic or f"{input_topic}.dead_letters"
