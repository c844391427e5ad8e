"""What Kafka says about a job's group: committed offsets against the ends of its inputs, and whether anyone is in it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from confluent_kafka import KafkaException

from slackwater.core.cut import Cut, PartitionKey
from slackwater.core.job import Job
from slackwater.core.sql.errors import SqlError
from slackwater.streams.empty_group import EmptyGroup
from slackwater.streams.job_group import Bounds, bounds, gaps_between, members, stable_offsets, undecided
from slackwater.streams.kafka_connection import KafkaConnection
from slackwater.streams.read_topic import read_committed
from slackwater.streams.vigil import Vigil

from .brokers import answering
from .job_views import KafkaJobState, PartitionState


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a job's group has come in its inputs. Offsets are those of the next record."""

    committed: Mapping[PartitionKey, int]
    """Only what was ever committed."""
    there: Bounds
    missing: frozenset[str] = frozenset()
    """Inputs that are not there."""

    def next_of(self, key: PartitionKey) -> int:
        """The next offset the group takes of a partition."""
        first, _ = self.there[key]
        return max(self.committed.get(key, first), first)

    def left(self, ends: Mapping[PartitionKey, int]) -> int:
        """How many offsets lie before the group up to `ends`; those of markers and aborted records are among them."""
        return sum(max(end - self.next_of(key), 0) for key, end in ends.items() if key in self.there)

    @property
    def lag(self) -> int | None:
        """How many offsets lie before the group. Unknown, and not 0, as long as an input is not there."""
        return None if self.missing else self.left(self.ends)

    @property
    def ends(self) -> dict[PartitionKey, int]:
        """The ends of the inputs, for a `read_committed` reader."""
        return {key: end for key, (_, end) in self.there.items()}


def read_progress(connection: KafkaConnection, job_id: str, inputs: Sequence[str]) -> Progress:
    """Raises KafkaException if the broker does not answer."""
    committed = {(at.topic, at.partition): at.offset for at in stable_offsets(connection, job_id, inputs)}
    there = bounds(connection.admin(), inputs)
    return Progress(committed, there, frozenset(inputs) - {topic for topic, _ in there})


def is_anything_left(connection: KafkaConnection, at: Progress) -> bool:
    """Is there one record to take? After the last may come a marker, or what was aborted: a lag that never falls.

    Raises KafkaException, TimeoutError.
    """
    for topic in {topic for topic, _ in at.there}:
        positions = {partition: at.next_of((topic, partition)) for name, partition in at.there if name == topic}
        if any(True for _ in read_committed(connection, topic, positions)):
            return True
    return False


def read_kafka_state(connection: KafkaConnection, job_id: str, inputs: Sequence[str]) -> KafkaJobState:
    """Lag and offsets of the job's group. Raises Unavailable if the broker does not answer."""
    group = connection.group_of(job_id)
    with answering(connection):
        admin = connection.admin()  # kept: a future of a client that was thrown away never ends
        at = read_progress(connection, job_id, inputs)
        owned = members(admin, group)
        blocked = {key: end - at.ends[key] for key, end in undecided(admin, inputs).items() if key in at.there}
    owner = {key: worker for worker, keys in owned.items() for key in keys}
    partitions = tuple(
        PartitionState(
            *key, at.committed.get(key), end, max(end - at.next_of(key), 0), owner.get(key), max(blocked.get(key, 0), 0)
        )
        for key, (_, end) in sorted(at.there.items())
    )
    workers = {worker: tuple(f"{topic}[{partition}]" for topic, partition in keys) for worker, keys in owned.items()}
    assigned = tuple(sorted(place for places in workers.values() for place in places))
    last = max((offset - 1 for offset in at.committed.values()), default=-1)
    open_ = sum(place.blocked_by_open_txn for place in partitions)
    return KafkaJobState(group, at.lag, last, assigned, partitions, workers, open_)


def read_horizon_s(connection: KafkaConnection, job: Job) -> float | None:
    """Seconds until retention may delete what the job has not read; None if nothing is in danger, or Kafka cannot say."""
    try:
        committed = stable_offsets(connection, job.id, job.spec.inputs)
        vigil = Vigil(connection, "")
        there = bounds(connection.admin(), job.spec.inputs)
        if gaps_between(committed, there):
            return 0.0
        found = vigil.horizon_s(job, committed, there)
    except KafkaException:
        return None
    return None if found is None else round(max(found, 0.0), 1)


def asking_empty_group(connection: KafkaConnection) -> Callable[[Job], Cut | None]:
    """Asks for the stable committed offsets of a job whose group has no members; None if it has, or if Kafka cannot say."""
    group = EmptyGroup(connection)

    def ask(job: Job) -> Cut | None:
        try:
            return group.offsets(job)
        except (KafkaException, SqlError):
            return None

    return ask
