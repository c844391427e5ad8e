"""What a store raises, in two families by what the caller can do: ask again later, or change something first."""

from typing import Final

UNKNOWN_EVENT: Final = "unknown_event"


class StoreError(Exception):
    """A log that cannot answer. `code` is from a closed set, `hint` says what to do."""

    retryable = False

    def __init__(self, code: str, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint


class StoreUnavailable(StoreError):
    """The database cannot be reached, or went away. Nothing is known to be lost; ask again."""

    retryable = True


class StoreBusy(StoreUnavailable):
    """Another appender holds the log longer than `lock_timeout`. Ask again."""


class StoreRefused(StoreError):
    """Not a database Slackwater may write to: no schema, another version of it, a guard missing, unsafe settings."""


class UnreadableEvent(StoreError):
    """The event at `seq` cannot be read. Asking again does not help; other jobs are as they were: see EventStore.scan."""

    def __init__(self, seq: int, job_id: str, why: str) -> None:
        hint = "`slackwater verify` says whether a newer Slackwater wrote it, then upgrade here, or what is wrong"
        super().__init__(UNKNOWN_EVENT, f"event {seq} of {job_id}: {why}", hint)
        self.seq = seq
        self.job_id = job_id


class AuditQueryError(StoreError):
    """The audit query was not one read-only statement, wanted too much, or the database could not run it."""


def no_such_event(seq: int, head: int) -> StoreError:
    """A position that this log does not have, or not any more."""
    return StoreError("bad_position", f"there is no event {seq}, the log ends at {head}", f"a position is 0 to {head}")
