"""schemathesis against the whole API, over the document the server hands out, with jobs in every state behind it."""

from collections import Counter
from pathlib import Path

import pytest
import schemathesis
from schemathesis.config import SchemathesisConfig
from schemathesis.core.failures import Failure
from schemathesis.engine import from_schema
from schemathesis.engine.events import FatalError, NonFatalError, ScenarioFinished
from tests.web.story import fill

from slackwater.admin.web.app import make_app
from slackwater.admin.web.context import new_web
from slackwater.admin.web.settings import web_settings
from slackwater.persistence.open import open_store
from slackwater.persistence.verify import verify

SECRET = "a-long-enough-secret"
CONFIG = {
    "max-time": 60,
    "generation": {"max-examples": 20, "deterministic": True, "database": "none"},
    "headers": {"Authorization": f"Bearer {SECRET}"},
    # That a hold's end is over, or a selector selects nothing, is no matter of form: 400 is right there.
    "checks": {"positive_data_acceptance": {"enabled": False}},
}


@pytest.mark.slow
def test_the_api_does_what_its_document_says(tmp_path: Path) -> None:
    """No 500; status, content type and fields as documented; bad data refused; no way in without the token; and
    whatever was sent, the log is whole afterwards."""
    store = open_store(f"sqlite:///{tmp_path}/log.db", create=True)
    fill(store)
    app = make_app(new_web(store, None, web_settings("127.0.0.1", 80, [f"ana:{SECRET}"], host_names=["testserver"])))
    config = SchemathesisConfig.from_dict(CONFIG)
    schema = schemathesis.openapi.from_asgi("/openapi.json", app, config=config, headers=CONFIG["headers"])
    cases: Counter[str] = Counter()
    found: list[str] = []
    # The stream has no end, so there is no answer to look at: tests/web/test_events.py has it.
    # What a batch does with its body is the same for every verb.
    asked = schema.exclude(path="/api/v1/events").exclude(path_regex="/batches/(start|resume|stop|rollback)")
    for event in from_schema(asked).execute():
        if isinstance(event, FatalError):
            raise event.exception
        if isinstance(event, NonFatalError):
            found.append(f"{event.label}: {event.value!r}")
        if isinstance(event, ScenarioFinished):
            cases[event.label or ""] += len(event.recorder.cases)
            for checks in event.recorder.checks.values():
                failures: list[Failure] = [one.failure_info.failure for one in checks if one.failure_info]
                found += [f"{event.label}: {one.title}: {one.message}" for one in failures]
    print(sum(cases.values()), "cases", dict(cases))
    assert not found, "\n".join(dict.fromkeys(found))
    assert len(cases) >= 12, cases
    assert verify(store).ok
    store.close()
