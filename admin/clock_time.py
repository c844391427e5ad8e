"""A time as somebody's clock shows it, in UTC."""

from datetime import UTC, datetime


def in_utc(at: datetime) -> datetime:
    """One without a zone is on the clock of this machine. Raises ValueError for what the clock skips: nobody knows which of
    two hours was meant; OverflowError for what is beyond the years."""
    found = at.astimezone(UTC)
    if found.astimezone(at.tzinfo).replace(tzinfo=None) != at.replace(tzinfo=None):
        where = f"in {at.tzinfo}" if at.tzinfo else "here"
        raise ValueError(f"{at:%Y-%m-%dT%H:%M} does not exist {where}: the clocks skip it")
    return found
