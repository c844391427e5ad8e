"""Transactions on a database, asked for again where that helps. Says nothing meanwhile: stdout may be JSON."""

from collections.abc import Callable
from typing import Final, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, IntegrityError
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, stop_after_delay, wait_exponential, wait_random

from .dialect import Dialect
from .errors import StoreBusy, StoreError, StoreUnavailable

ATTEMPTS: Final = 5
_ENOUGH_S: Final = 15.0
T = TypeVar("T")


class LostRace(Exception):
    """Another transaction took the command id, the job or the version first. Look again: the answer is there now."""


class Database:
    """Both methods run `work` in a transaction of its own, perhaps several times: after a lost race, a lock timeout or a
    dropped connection. Raise StoreUnavailable if that did not help in about 15 s, any other StoreError at once."""

    def __init__(self, engine: Engine, dialect: Dialect) -> None:
        self.engine = engine
        self.dialect = dialect

    def reading(self, work: Callable[[Connection], T]) -> T:
        """What `work` gives."""
        return self._retried(lambda: self._once(work, write=False))

    def writing(self, work: Callable[[Connection], T]) -> T:
        """What `work` gives, once it is committed. It must find out itself that an earlier run was committed."""
        return self._retried(lambda: self._once(work, write=True))

    def _once(self, work: Callable[[Connection], T], *, write: bool) -> T:
        try:
            with self.engine.connect().execution_options(write=write) as connection, connection.begin():
                if write:
                    self.dialect.begin_write(connection)
                return work(connection)
        except IntegrityError as error:
            raise LostRace from error
        except DBAPIError as error:
            raise self.dialect.translate(error) from None
        except (UnicodeEncodeError, OverflowError) as error:
            raise StoreError("bad_value", f"the event log cannot hold this value: {error}") from error

    @staticmethod
    def _retried(work: Callable[[], T]) -> T:
        again = Retrying(
            retry=retry_if_exception_type((LostRace, StoreUnavailable)),
            stop=stop_after_attempt(ATTEMPTS) | stop_after_delay(_ENOUGH_S),
            wait=wait_exponential(multiplier=0.02, max=0.5) + wait_random(0, 0.05),
            reraise=True,
        )
        try:
            return again(work)
        except LostRace as race:
            raise StoreBusy("store_busy", "too many writers at once", "try again") from race
