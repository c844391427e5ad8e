"""The policy by its events. It has no row that could be edited, and none to lock: the end of the log is its lock."""

import logging
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection

from slackwater.core.decisions import Refused
from slackwater.core.policy.policy import NO_POLICY, POLICY_ID, ForeignEvent, Policy, evolve_policy_recorded

from .dialect import Dialect
from .events_table import OF_JOB, found_events
from .folds import HINT, intact

log = logging.getLogger(__name__)
_CHUNK_EVENTS: Final = 1000
_NEWER: Final = OF_JOB.limit(_CHUNK_EVENTS)


@dataclass(frozen=True, slots=True)
class JudgedPolicy:
    """The policy as of its last event that can be folded, and why it may not be changed."""

    policy: Policy
    refused: Refused | None = None


class PolicyFold:
    """One in every store. Keeps what it folded, so that each look reads newer events only.

    An event that was garbled stops changes to the policy, and no job: they go on under the policy as it was before.
    """

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._latest = NO_POLICY
        self._warned = ""

    def keep(self, policy: Policy) -> None:
        """The fold after events that this store has appended and committed."""
        self._latest = policy

    def judge(self, connection: Connection) -> JudgedPolicy:
        """As of the last committed event. Must not see events that may be rolled back."""
        policy = self._latest
        while True:
            chunk = found_events(connection, self._dialect, _NEWER, job_id=POLICY_ID, after=policy.version)
            for event in chunk:
                found = intact(event)
                try:
                    if not isinstance(found, Refused):
                        policy = evolve_policy_recorded(policy, found)
                        continue
                except ForeignEvent as error:
                    found = Refused("broken_history", f"{POLICY_ID}: event {event.seq}: {error}", HINT)
                self._latest = policy
                self._warn(found)
                return JudgedPolicy(policy, found)
            if len(chunk) < _CHUNK_EVENTS:
                self._latest = policy
                return JudgedPolicy(policy)

    def _warn(self, refused: Refused) -> None:
        if refused.message != self._warned:
            told = (refused.message, refused.hint)
            log.warning("the policy stays as it was before an event that cannot be read: %s; %s", *told)
            self._warned = refused.message
