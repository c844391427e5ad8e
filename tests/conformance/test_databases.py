"""SQLite and PostgreSQL pass the suite."""

from collections.abc import Iterator

import pytest

from slackwater.persistence.open import open_store
from slackwater.persistence.store import EventStore

from .event_store_suite import SqlStoreSuite


class TestDatabases(SqlStoreSuite):
    @pytest.fixture
    def store(self, url: str) -> Iterator[EventStore]:
        found = open_store(url, create=True)
        yield found
        found.close()

    @pytest.fixture
    def other(self, store: EventStore, url: str) -> Iterator[EventStore]:
        found = open_store(url)
        yield found
        found.close()
