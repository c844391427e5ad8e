"""What a worker's word rests on: nothing in work, offsets committed as a member, outputs visible, offsets read back."""

import contextlib
import threading
from typing import Final

from confluent_kafka import KafkaException

from slackwater.core.coverage import Stance
from slackwater.core.want import Want
from slackwater.persistence.steps import reached

from .handover import Handover
from .open_outputs import OpenOutputs
from .sink import Sink
from .source import Source
from .standing import Standing

DRAIN_TIMEOUT_S: Final = 30.0


class Proof:
    """Of one record path, on its owner's thread."""

    def __init__(
        self, source: Source, sink: Sink, handover: Handover, outputs: OpenOutputs, worker: threading.Thread
    ) -> None:
        self._source = source
        self._sink = sink
        self._handover = handover
        self._outputs = outputs
        self._worker = worker
        source.hand_over = self.hand_over

    def hold_still(self) -> bool:
        """Take nothing more, give back what nobody has begun, finish the rest. False if that broke: no vouching then."""
        self._source.hold()
        if (waiting := self._handover.withdraw()) is not None:
            self._source.give_back(waiting.begins)
        self._handover.drain(DRAIN_TIMEOUT_S, self._worker)
        reached("drained")
        return self._handover.broken is None

    def hand_over(self) -> bool:
        """Before partitions go to others: all that was taken is committed and visible. False if that is not known."""
        self._handover.drain(DRAIN_TIMEOUT_S, self._worker)
        return self._handover.broken is None and self._settle()

    def let_go(self, want: Want | None) -> None:
        """Before the group is left: as `hand_over`. A want `at_once` leaves it first: what is worked on is lost with the
        membership, and aborted. What was not committed is taken again by the next owner."""
        if want is not None and want.at_once:
            self._handover.withdraw()
            self._source.close()
            return
        with contextlib.suppress(Exception):  # Kafka may be gone
            self.hand_over()

    def standing(self, want: Want, topics: dict[str, str]) -> Standing | None:
        """Where we stand in the stance of `want`, which nothing may be in work for; None if it cannot be proved yet.

        Whoever runs proves that it is the owner; whoever is still, that nothing it or a dead worker wrote is yet to show.
        """
        is_still = want.stance is not Stance.RUNNING
        if not self._settle() or (is_still and not self._outputs.are_closed((want.epoch, self._source.assigned_at))):
            return None
        offsets = self._source.committed()
        reached("read_back")
        return Standing(want, offsets, self._source.partition_counts(), self._source.lag(), topics)

    def _settle(self) -> bool:
        """`Sink.settle` over all that is owned. False if it failed: the path then rewinds, and stays in the group."""
        if not self._sink.is_open:
            return False
        stands = self._source.stands()
        try:
            self._sink.settle(*stands)
        except KafkaException as error:
            self._handover.spoil(error)
            return False
        return True
