"""What the metrics show before anything happened."""

from slackwater.core.result import Outcome
from slackwater.core.tally import Tally
from slackwater.streams.metric_samples import of_log


def test_every_door_and_verb_begins_at_zero() -> None:
    """The first refusal by any door is seen to rise: by HTTP and of a rollback too."""
    shown = {labels: value for name, labels, value in of_log(Tally(), ()) if name == "slackwater_commands_total"}
    verbs, doors = ("deploy", "rollback", "start", "pause", "resume", "stop"), ("api", "cli", "http", "topic")
    assert shown == {(verb, door, outcome): 0.0 for verb in verbs for door in doors for outcome in Outcome}
