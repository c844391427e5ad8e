"""The in-memory store passes the suite, or it would be worth nothing."""

import pytest

from slackwater.persistence.errors import AuditQueryError
from slackwater.persistence.open import open_store
from slackwater.persistence.store import EventStore

from .event_store_suite import EventStoreSuite


class TestMemoryStore(EventStoreSuite):
    @pytest.fixture
    def store(self) -> EventStore:
        return open_store("memory://")

    def test_no_sql(self, store: EventStore) -> None:
        """It says that it cannot be asked by SQL."""
        with pytest.raises(AuditQueryError):
            store.query("SELECT 1")
