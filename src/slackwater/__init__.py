"""Slackwater: streaming SQL jobs on Kafka that an operator can hold still and let go, with proof."""

__version__ = "0.1.0"
