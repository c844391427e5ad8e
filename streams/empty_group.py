"""What a job's consumer group proves when nobody is in it: where the job stands, and that it is silent."""

import time

from slackwater.core.cut import Cut
from slackwater.core.job import Job
from slackwater.core.spec_from_sql import plan_of

from .job_group import members, stable_offsets
from .kafka_connection import KafkaConnection
from .open_outputs import OpenOutputs
from .topic_identity import changed_identity, topic_ids


class EmptyGroup:
    """Asked again until it answers; remembers which outputs it waits for. One question at a time for each job."""

    def __init__(self, connection: KafkaConnection) -> None:
        self._connection = connection
        self._outputs: dict[str, tuple[str, OpenOutputs]] = {}

    def offsets(self, job: Job) -> Cut | None:
        """The group's stable committed offsets if it has no members, else None. In this order: see Conclude.

        None also while an output or dead letter that a dead worker committed may still have to become visible, and where the
        inputs are not the topics the job knows: another cluster's silence proves nothing. Raises KafkaException, also while
        a transaction of a dead worker may still end either way; SqlError for a job whose text this version cannot read.
        """
        admin = self._connection.admin()
        found = topic_ids(admin, job.spec.inputs)
        if len(found) < len(job.spec.inputs) or changed_identity(job.topics, found) is not None:
            return None
        if members(admin, self._connection.group_of(job.id)):
            return None
        offsets = stable_offsets(self._connection, job.id, job.spec.inputs)
        # Whoever joined and committed since the last question has moved the offsets.
        return offsets if self._outputs_of(job).are_closed((job.epoch, offsets)) else None

    def _outputs_of(self, job: Job) -> OpenOutputs:
        spec_hash, outputs = self._outputs.get(job.id, ("", None))
        if outputs is None or spec_hash != job.spec.hash:
            outputs = OpenOutputs(self._connection, plan_of(job.spec).written_topics, time.monotonic)
            self._outputs[job.id] = (job.spec.hash, outputs)
        return outputs
