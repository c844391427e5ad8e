"""What a consumer handed out."""

import threading

from confluent_kafka import Message

from slackwater.core.cut import cut_of
from slackwater.streams.taken import Taken


def test_where_it_began() -> None:
    """Given back, each partition is taken again from its first record, whatever lies between its others."""
    places = [("a", 0, 7), ("a", 0, 9), ("b", 1, 3), ("a", 2, 0), ("b", 1, 4), ("a", 0, 10)]
    messages = [Message(topic=topic, partition=partition, offset=offset) for topic, partition, offset in places]
    taken = Taken(messages, (), threading.Event())
    assert taken.begins == cut_of({("a", 0): 7, ("a", 2): 0, ("b", 1): 3})
