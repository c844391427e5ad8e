"""A wrong Python argument is a clear refusal: recorded, nothing changed, and the log stays one that can be read."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from slackwater import Admin
from slackwater.admin.errors import InvalidCommand
from slackwater.core import settle
from slackwater.core.commands import Command
from slackwater.core.control.pause import Pause
from slackwater.persistence.open import open_store

SQL = "SELECT * FROM t"
WRONG: list[tuple[str, Callable[[Any], Any]]] = [
    ("bad_text", lambda a: a.pause_job("b", hold=None)),
    ("bad_text", lambda a: a.pause_job("b", reason=["x"])),
    ("bad_text", lambda a: a.pause_job("b", reason=5)),
    ("bad_argument", lambda a: a.pause_job("b", for_s="30m")),
    ("bad_argument", lambda a: a.pause_job("b", for_s=90.5)),
    ("bad_argument", lambda a: a.pause_job("b", deadline_s=30.5)),
    ("bad_argument", lambda a: a.pause_job("b", expected_version="1")),
    ("bad_until", lambda a: a.pause_job("b", until="2027-01-01T00:00:00Z")),
    ("bad_until", lambda a: a.pause_job("b", until=datetime(2027, 1, 1))),
    ("bad_command_id", lambda a: a.pause_job("b", command_id=5)),
    ("bad_job_id", lambda a: a.pause_job(5)),
    ("bad_argument", lambda a: a.resume_job("b", rate_per_s=1.5)),
    ("bad_argument", lambda a: a.start_job("b", accept_gap="no")),
    ("bad_text", lambda a: a.deploy_job("c", None, SQL, holds=[None])),
    ("bad_text", lambda a: a.deploy_job("c", None, SQL, holds="check")),
    ("bad_text", lambda a: a.deploy_job("c", 2, SQL)),
    ("bad_text", lambda a: a.deploy_job("c", None, 5)),
    ("bad_argument", lambda a: a.set_flag("some", percent=True)),
    ("bad_argument", lambda a: a.set_window("w", "0 5 * * *", lasts_s="600")),
    ("bad_argument", lambda a: a.set_rule("r", "lag", upper=5, lower=1, for_s=1.5)),
]


@pytest.fixture
def admin(tmp_path: Path) -> Admin:
    return Admin(open_store(f"sqlite:///{tmp_path}/log.db", create=True), actor="ana")


@pytest.mark.parametrize(("code", "ask"), WRONG)
def test_refused_and_recorded(admin: Admin, code: str, ask: Callable[[Any], Any]) -> None:
    """Its own code, one row in `refusals`, no event; the job goes on as if nothing had been said."""
    admin.deploy_job("b", None, SQL)
    with pytest.raises(InvalidCommand) as refused:
        ask(admin)
    assert refused.value.code == code
    assert admin.audit("SELECT code FROM refusals").rows == ((code,),)
    assert admin.store.head().seq == 1
    assert admin.verify().ok
    assert admin.start_job("b", wait=False).changed


@pytest.mark.parametrize("how", [{"count": -1}, {"count": "3"}, {"until": datetime(2027, 1, 1)}, {"until": "soon"}])
def test_questions_too(admin: Admin, how: Any) -> None:
    """What is only asked is refused as clearly."""
    with pytest.raises(InvalidCommand):
        admin.upcoming_windows(**how)


@pytest.mark.parametrize("url", ["memory://", "sqlite:///{}/net.db"])
def test_what_could_not_be_read_again_is_not_appended(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Should a wrong field get past the desk, the log does not take it, and the job goes on."""
    admin = Admin(open_store(url.format(tmp_path), create=True), actor="ana")
    admin.deploy_job("b", None, SQL)
    admin.start_job("b", wait=False)
    job, at = admin.store.job("b"), admin.history("b")[-1].at
    command = Command("c", "b", Pause(hold=None), "ana", "api", at)  # type: ignore[arg-type]
    monkeypatch.setattr("slackwater.core.decide.unfit", lambda command: None)
    monkeypatch.setattr(settle, "unfit", lambda command: None)
    assert admin.store.handle(command).code == "unreadable_event"
    assert admin.store.job("b") == job
    assert admin.verify().ok
