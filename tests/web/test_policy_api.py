"""The policy, many jobs and the whole log over HTTP: the same desk, words and refusals as for one job."""

from dataclasses import fields
from datetime import datetime
from typing import Any

import pytest
from httpx import AsyncClient
from tests.web.conftest import Client
from tests.web.story import Story
from tests.web.test_api import refusals

from slackwater.admin.api import Admin
from slackwater.admin.cli.render import plain
from slackwater.admin.desk import CommandResult
from slackwater.admin.web.settings import web_settings
from slackwater.core.policy.policy import POLICY_ID
from slackwater.persistence.store import EventStore
from slackwater.persistence.verify import verify

NIGHTLY = {"name": "nightly", "cron": "30 2 * * *", "zone": "Europe/Berlin", "lasts_s": 1800, "selector": "team=payments"}
FAR_BEHIND = {"name": "far-behind", "metric": "lag", "upper": 1000, "lower": 10, "for_s": 90, "selector": "team=payments"}


async def test_flag_and_windows(client: Client, story: Story, store: EventStore) -> None:
    """Set, shown as Python shows them, already so, removed; each change an event of `@policy` by whoever asked."""
    web: AsyncClient = await client(headers={"X-Slackwater-Actor": "ana"})

    async def ask(verb: str, **said: Any) -> tuple[int, bool, int]:
        answer = await web.post(f"/api/v1/policy/{verb}", json=said)
        body = answer.json()
        assert answer.headers["location"] == "/api/v1/policy"
        return answer.status_code, body["changed"], body["version"]

    assert await ask("set_flag", mode="some", selector="team=payments", reason="try") == (200, True, 1)
    assert await ask("set_flag", mode="some", selector="team=payments") == (200, False, 1)
    assert await ask("set_window", **NIGHTLY, reason="backup", expected_version=1) == (200, True, 2)
    said = (await web.get("/api/v1/policy")).json()
    assert said == {**plain(Admin(store).policy()), "watched_jobs": []}
    assert said["windows"] == [{**NIGHTLY, "reason": "backup"}]
    coming = (await web.get("/api/v1/policy/upcoming", params={"count": 2})).json()
    assert coming == plain(Admin(store).upcoming_windows(2))
    assert [one["jobs"] for one in coming if not one["is_open"]] == [["a", "b"]] * 2
    assert await ask("remove_window", name="nightly", reason="moved") == (200, True, 3)
    assert await ask("remove_window", name="nightly") == (200, False, 3)
    assert (await web.post("/api/v1/jobs/c/pause")).json()["code"] == "pause_disabled"
    history = [(one.actor, one.channel) for one in store.history(POLICY_ID)]
    assert history == [("ana", "http")] * 3


async def test_rules(client: Client, story: Story, store: EventStore) -> None:
    """Set, shown with what each sees of whom it watches, as Python shows it; already so; another one; removed."""
    story.observe("b", 5000, 1.0)
    web: AsyncClient = await client()
    asked = {**FAR_BEHIND, "release_s": None, "reason": "look"}
    for said, changed in ((asked, True), (asked, False), ({**asked, "upper": 2000}, True)):
        answer = await web.post("/api/v1/policy/set_rule", json=said)
        assert (answer.status_code, answer.json()["changed"]) == (200, changed)
    policy, watched = (await web.get("/api/v1/policy")).json(), plain(Admin(store).watched_jobs())
    assert policy == {**plain(Admin(store).policy()), "watched_jobs": watched}
    assert policy["rules"] == [{**asked, "upper": 2000}]
    assert [(one["job"], one["value"], one["would_hold"]) for one in watched] == [("a", None, False), ("b", 5000, True)]
    for changed in (True, False):
        answer = await web.post("/api/v1/policy/remove_rule", json={"name": "far-behind", "reason": "moved"})
        assert (answer.status_code, answer.json()["changed"]) == (200, changed)
    assert store.policy().rules == ()


@pytest.mark.parametrize(
    ("verb", "body", "status", "code"),
    [
        ("set_flag", {"mode": "maybe"}, 400, "bad_policy"),
        ("set_flag", {}, 400, "bad_envelope"),
        ("set_flag", {"mode": "none", "percentage": 3}, 400, "bad_envelope"),
        ("set_flag", {"mode": "some", "selector": "team=="}, 400, "bad_policy"),
        ("set_flag", {"mode": "none", "expected_version": 7}, 409, "version_conflict"),
        ("set_window", {**NIGHTLY, "zone": "Mars/Olympus"}, 400, "bad_policy"),
        ("set_window", {**NIGHTLY, "cron": "61 * * * *"}, 400, "bad_policy"),
        ("set_window", {**NIGHTLY, "lasts_s": 10**30}, 400, "bad_policy"),
        ("set_window", {**NIGHTLY, "lasts_s": "30m"}, 400, "bad_envelope"),
        ("set_rule", {**FAR_BEHIND, "metric": "mood"}, 400, "bad_policy"),
        ("set_rule", {**FAR_BEHIND, "lower": 1000}, 400, "bad_policy"),
        ("set_rule", {**FAR_BEHIND, "upper": 10**30}, 400, "bad_policy"),
        ("set_rule", {**FAR_BEHIND, "release_s": 600}, 400, "bad_policy"),
        ("set_rule", {**FAR_BEHIND, "for": "90s"}, 400, "bad_envelope"),
    ],
)
async def test_what_makes_no_sense(
    client: Client, story: Story, store: EventStore, verb: str, body: dict[str, Any], status: int, code: str
) -> None:
    """A problem with its code and what is wrong; recorded as asked of the policy; nothing changed."""
    web: AsyncClient = await client()
    answer = await web.post(f"/api/v1/policy/{verb}", json=body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert refusals(store) == [(POLICY_ID, code, "http")]
    assert store.policy().version == 0


async def test_dry_run(client: Client, story: Story, store: EventStore) -> None:
    """Of one job, of a deploy and of the policy: 200, what would come of it, and nothing recorded, refusals included."""
    web: AsyncClient = await client()
    before, answers = store.head(), []
    for path, said in (
        ("jobs/a/pause", {}),
        ("jobs/ghost/pause", {}),
        ("jobs/new/deploy", {"sql": "SELECT * FROM orders"}),
        ("jobs/new/deploy", {"sql": "SELECT FROM"}),
        ("policy/set_flag", {"mode": "none"}),
        ("policy/set_window", {**NIGHTLY, "zone": "Mars/Olympus"}),
    ):
        answer = await web.post(f"/api/v1/{path}", json={**said, "dry_run": True})
        body = answer.json()
        answers.append((answer.status_code, body.get("code") or (body["changed"], body["state"])))
    assert answers == [
        (200, (True, "PAUSING")), (404, "no_such_job"), (200, (True, "DEPLOYED")), (400, "syntax_error"),
        (200, (True, None)), (400, "bad_policy"),
    ]  # fmt: skip
    assert (store.head(), refusals(store)) == (before, [])


async def test_many_jobs(client: Client, story: Story, store: EventStore) -> None:
    """By labels, names or all; an answer each in the command line's own fields; the same key moves nothing twice."""
    web: AsyncClient = await client()

    async def ask(verb: str, said: dict[str, Any], key: str = "CHG-1") -> tuple[int, Any]:
        answer = await web.post(f"/api/v1/batches/{verb}", json=said, headers={"Idempotency-Key": key})
        return answer.status_code, answer.json()

    before = store.head()
    status, plan = await ask("pause", {"all": True, "dry_run": True})
    assert (status, [one["state"] for one in plan], store.head()) == (200, ["PAUSING"] * 3, before)
    status, said = await ask("pause", {"selector": "team=payments", "hold": "night", "reason": "backup"})
    assert (status, [(one["job"], one["state"], one["command_id"]) for one in said]) == (
        202, [("a", "PAUSING", "CHG-1/a"), ("b", "PAUSING", "CHG-1/b")],
    )  # fmt: skip
    assert said[0].keys() == {field.name for field in fields(CommandResult)} | {"batch_id"}
    head = store.head()
    assert (await ask("pause", {"names": ["a", "b"], "hold": "night", "reason": "backup"}))[1][0]["duplicate"]
    status, said = await ask("resume", {"names": ["a", "ghost"]}, "CHG-2")
    assert (status, store.head()) == (200, head)
    assert [(one["batch_id"], one["error"]["code"]) for one in said] == [("CHG-2", "held"), ("CHG-2", "no_such_job")]
    assert (await ask("stop", {"selector": "team=nobody"}))[0] == 404
    for nonsense in ({}, {"names": ["a"], "all": True}, {"all": True, "expected_version": 3}, {"selector": "team="}):
        assert (await ask("stop", nonsense))[0] == 400
    assert store.head() == head


async def test_the_whole_log(client: Client, story: Story, store: EventStore) -> None:
    """Asked by SQL and verified, also where the server only shows."""
    web: AsyncClient = await client(web_settings("127.0.0.1", 8321, read_only=True))
    sql = "SELECT job_id, event FROM job_history WHERE seq <= :as_of ORDER BY seq"
    rows = (await web.get("/api/v1/audit", params={"sql": sql, "as_of": 1})).json()
    assert rows == [{"job_id": "a", "event": "JobDeployed"}]
    assert (await web.get("/api/v1/verify")).json() == plain(verify(store))
    for path in ("/api/v1/audit", "/audit.json"):
        for wrong, status in ({"sql": "DELETE FROM job"}, 400), ({}, 400), ({"sql": "x" * 20_001}, 413):
            answer = await web.get(path, params=wrong)
            assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert (await web.post("/api/v1/policy/set_flag", json={"mode": "none"})).json()["code"] == "read_only"
    assert datetime.fromisoformat((await web.get("/api/v1/audit", params={"sql": "SELECT at FROM events"})).json()[0]["at"])


async def test_a_protected_job(client: Client, story: Story, store: EventStore) -> None:
    """Over HTTP too its name is said once more: of one job as a text, of many as a list."""
    story.run("ledger", labels={"protected": "true"})
    web: AsyncClient = await client()
    answer = await web.post("/api/v1/jobs/ledger/stop", json={"yes_protected": "ledge"})
    assert (answer.status_code, answer.json()["code"]) == (409, "protected")
    many = (await web.post("/api/v1/batches/pause", json={"all": True})).json()
    assert [one.get("error", {}).get("code") for one in many] == [None, None, None, "protected"]
    many = (await web.post("/api/v1/batches/pause", json={"names": ["ledger"], "yes_protected": ["ledger"]})).json()
    assert many[0]["state"] == "PAUSING"
    assert (await web.post("/api/v1/jobs/ledger/resume", json={"yes_protected": "ledger"})).status_code == 202
