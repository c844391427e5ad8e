"""What Kafka takes for the name of a topic."""

import re
from typing import Final

TOPIC_NAME: Final = re.compile(r"(?!\.{1,2}\Z)[A-Za-z0-9._-]{1,249}", re.ASCII)
"""To be matched in full; `.` and `..` are no names."""


def is_topic_name(text: str) -> bool:
    """Topic names are 1–249 of `a-z A-Z 0-9 . _ -`, but not `.` or `..`."""
    return TOPIC_NAME.fullmatch(text) is not None
