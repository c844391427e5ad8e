"""The HTTP API: what it answers, how it says no, and that it is the same desk as everywhere."""

import json
from pathlib import Path
from typing import Any

import pytest
from httpx import AsyncClient
from tests.web.conftest import Client
from tests.web.story import SQL, Story
from tests.web.test_events import make_unreadable

from slackwater.admin.api import Admin
from slackwater.admin.cli.render import plain
from slackwater.admin.web.settings import web_settings
from slackwater.core.control.stop import Stop
from slackwater.persistence.errors import StoreUnavailable
from slackwater.persistence.store import EventStore

SECRETS = {name: f"secret-of-{name}-is-long" for name in ("ana", "ben")}


def refusals(store: EventStore) -> list[tuple[Any, ...]]:
    return list(store.query("SELECT job_id, code, channel FROM refusals ORDER BY at").rows)


async def test_list(client: Client, story: Story, store: EventStore) -> None:
    """Jobs by name with the Python API's own fields; lag is unknown without a broker; `seq` is where to stream from."""
    web: AsyncClient = await client()
    said = (await web.get("/api/v1/jobs")).json()
    assert [job["name"] for job in said["jobs"]] == ["a", "b", "c"]
    assert said["seq"] == store.head().seq
    assert (said["next_page_token"], said["unreadable"]) == (None, [])
    (status,) = Admin(store).list_jobs("team=orders")
    assert said["jobs"][2] == {**plain(status), "lag": None, "records_per_s": None}


async def test_selector(client: Client, story: Story) -> None:
    """By labels; one that selects nothing is refused as on the command line, with the place of what is wrong."""
    web: AsyncClient = await client()
    said = (await web.get("/api/v1/jobs", params={"selector": "team=payments"})).json()
    assert [job["name"] for job in said["jobs"]] == ["a", "b"]
    for wrong in ("", "team=", "team in (a", "☃"):
        answer = await web.get("/api/v1/jobs", params={"selector": wrong})
        assert (answer.status_code, answer.json()["code"]) == (400, "bad_selector")
        assert "character" in answer.json()["message"]


async def test_pages(client: Client, story: Story) -> None:
    """Page by page, each job once; a token goes with its question and whoever asked it, and with nothing else."""
    locked = web_settings("127.0.0.1", 8321, [f"{name}:{secret}" for name, secret in SECRETS.items()])
    web: AsyncClient = await client(locked)
    ana, ben = ({"Authorization": f"Bearer {secret}"} for secret in SECRETS.values())
    seen, token = [], None
    while True:
        asked = {"page_size": 2, **({"page_token": token} if token else {})}
        said = (await web.get("/api/v1/jobs", params=asked, headers=ana)).json()
        seen += [job["name"] for job in said["jobs"]]
        first, token = token or said["next_page_token"], said["next_page_token"]
        if token is None:
            break
    assert seen == ["a", "b", "c"]
    history = (await web.get("/api/v1/jobs/a/history", params={"page_size": 2}, headers=ana)).json()["next_page_token"]
    for wrong, headers, more in (
        (first, ben, {}),
        (first, ana, {"selector": "team=orders"}),
        (history, ana, {}),
        (first[:-3] + "abc", ana, {}),
        ("x" * 5000, ana, {}),
        ("☃", ana, {}),
        ("", ana, {}),
    ):
        answer = await web.get("/api/v1/jobs", params={"page_token": wrong, **more}, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (400, "bad_page_token")


async def test_history(client: Client, story: Story, store: EventStore) -> None:
    """Every event once over all pages, as `slackwater history --output json` has it; acks only if asked for."""
    story.pause("a")
    web: AsyncClient = await client()
    seen: list[dict[str, Any]] = []
    token: str | None = None
    while True:
        asked = {"page_size": 3, "acks": "true", **({"page_token": token} if token else {})}
        said = (await web.get("/api/v1/jobs/a/history", params=asked)).json()
        seen += said["events"]
        token = said["next_page_token"]
        if token is None:
            break
    assert [event["version"] for event in seen] == list(range(1, len(store.history("a")) + 1))
    without = (await web.get("/api/v1/jobs/a/history", params={"since": 4})).json()["events"]
    assert [event["event"] for event in without] == ["JobStarted", "PauseRequested", "JobPaused"]
    assert without[-1]["data"]["cut"] == [["orders", n, 2702 + 17 * n] for n in range(4)]


async def test_an_event_that_cannot_be_read(client: Client, story: Story, store: EventStore, tmp_path: Path) -> None:
    """It stands in its place in the history, in the fields of every surface and of the document, on whatever page it comes;
    details are given with the reason."""
    story.pause("a")
    last = store.history("a")[-1]
    make_unreadable(tmp_path, last.seq)
    web: AsyncClient = await client()
    asked = {"since": last.version - 1, "page_size": 1}
    (row,) = (await web.get("/api/v1/jobs/a/history", params=asked)).json()["events"]
    why = "cannot read event JobPaused v9: written by a newer Slackwater, or not by Slackwater"
    assert row == {"job": "a", "version": last.version, "seq": last.seq, "event": None, "unreadable": why}
    schemas = (await web.get("/openapi.json")).json()["components"]["schemas"]
    assert set(schemas["UnreadableView"]["properties"]) == set(row)
    assert {"$ref": "#/components/schemas/UnreadableView"} in schemas["HistoryPage"]["properties"]["events"]["items"][
        "anyOf"
    ]
    said = await web.get("/api/v1/jobs/a")
    assert (said.status_code, said.json()["unreadable"]) == (200, f"event {last.version} (seq {last.seq}): {why}")
    assert said.json()["metrics"]["pauses"] == 1


async def test_job(client: Client, story: Story, store: EventStore) -> None:
    """One job is the Python API's JobDetails."""
    web: AsyncClient = await client()
    said, known = (await web.get("/api/v1/jobs/a")).json(), plain(Admin(store).get_job_details("a"))
    assert said.pop("time_in_state_s") <= known.pop("time_in_state_s")
    assert said == json.loads(json.dumps(known))
    for path in ("/api/v1/jobs/ghost", "/api/v1/jobs/ghost/history", "/api/v1/jobs/ghost/observations", "/api/v1/jobs/%00"):
        answer = await web.get(path)
        assert (answer.status_code, answer.json()["code"]) == (404, "no_such_job")


async def test_the_life_of_a_job(client: Client, story: Story, store: EventStore) -> None:
    """Deploy, start, pause, resume, stop, rollback: 202 with command id and state, 200 for what is already so."""
    web: AsyncClient = await client()
    path = "/api/v1/jobs/new"

    async def ask(verb: str, **said: Any) -> tuple[int, str, bool]:
        answer = await web.post(f"{path}/{verb}", json=said)
        body = answer.json()
        assert answer.headers.get("location") == path, answer.text
        assert store.result(body["command_id"]) is not None
        return answer.status_code, body["state"], body["changed"]

    text = SQL.format(name="new")
    assert await ask("deploy", sql=text, version="1", topic="orders") == (202, "DEPLOYED", True)
    assert await ask("deploy", sql=text, version="1") == (200, "DEPLOYED", False)
    assert await ask("start", reason="go") == (202, "STARTING", True)
    story.ack("new")
    assert await ask("pause", hold="deploy-42", **{"for": "30m"}, reason="CHG-4711") == (202, "PAUSING", True)
    assert await ask("pause", hold="lunch") == (202, "PAUSING", True)
    assert await ask("pause", hold="lunch") == (200, "PAUSING", False)
    assert await ask("resume", hold="lunch") == (202, "PAUSING", True)
    story.ack("new")
    assert await ask("pause", until="2027-01-01T00:00:00+01:00") == (202, "PAUSED", True)
    assert await ask("resume", hold="deploy-42") == (202, "PAUSED", True)
    assert await ask("resume", all_holds=True, rate_per_s=100, until_lag=10) == (202, "RESUMING", True)
    story.ack("new")
    assert await ask("deploy", sql=text + "\n", version="2") == (202, "STOPPING", True)
    story.ack("new")
    story.ack("new")
    assert await ask("rollback", version="1") == (202, "STOPPING", True)
    assert await ask("stop") == (202, "STOPPING", True)
    assert await ask("drain") == (200, "STOPPING", False)
    assert await ask("kill", reason="now") == (202, "STOPPING", True)
    story.ack("new")
    assert await ask("stop") == (200, "STOPPED", False)


async def test_a_key_is_the_commands_id(client: Client, story: Story, store: EventStore) -> None:
    """The same key with the same content is answered as the first time and appends nothing; with other content it is 422."""
    web: AsyncClient = await client()
    key = {"Idempotency-Key": "CHG-4711"}
    first = await web.post("/api/v1/jobs/a/pause", json={"reason": "x"}, headers=key)
    head = store.head()
    again = await web.post("/api/v1/jobs/a/pause", json={"reason": "x"}, headers=key)
    assert (first.status_code, again.status_code) == (202, 202)
    assert first.json()["command_id"] == again.json()["command_id"] == "CHG-4711"
    assert (first.json()["duplicate"], again.json()["duplicate"]) == (False, True)
    other = await web.post("/api/v1/jobs/a/pause", json={"reason": "y"}, headers=key)
    assert (other.status_code, other.json()["code"]) == (422, "command_id_reused")
    assert store.head() == head
    for wrong in ("", "two words", "x" * 201, "é"):
        answer = await web.post("/api/v1/jobs/a/pause", headers={"Idempotency-Key": wrong.encode()})
        assert (answer.status_code, answer.json()["code"]) == (400, "bad_envelope")
        assert "application/json" in answer.json()["hint"]


async def test_refusals_are_those_of_every_surface(client: Client, story: Story, store: EventStore) -> None:
    """Code, message, hint, job, state and what is legal: as the command line's JSON has them, as a problem."""
    web: AsyncClient = await client()
    answer = await web.post("/api/v1/jobs/a/start", json={"expected_version": 3})
    assert answer.status_code == 409
    problem = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert (problem["type"], problem["title"], problem["status"]) == ("urn:slackwater:version_conflict", "Conflict", 409)
    assert problem["detail"] == problem["message"] == "expected version 3, a is at 5"
    answer = await web.post("/api/v1/jobs/a/rollback")
    assert (answer.status_code, answer.json()["code"]) == (409, "no_such_version")
    story.say("b", Stop())
    story.ack("b")
    refused = (await web.post("/api/v1/jobs/b/pause")).json()
    assert (refused["code"], refused["state"], refused["legal"]) == ("illegal_transition", "STOPPED", ["start", "deploy"])
    assert refused["command_id"]
    assert (await web.post("/api/v1/jobs/ghost/pause")).json()["code"] == "no_such_job"
    assert (await web.post("/api/v1/jobs/..x/pause")).json()["code"] == "bad_job_id"


BAD: list[tuple[str, bytes | dict[str, Any], int, str]] = [
    ("pause", b"", 202, ""),
    ("pause", b"{", 400, "bad_envelope"),
    ("pause", b"[]", 400, "bad_envelope"),
    ("pause", b"null", 400, "bad_envelope"),
    ("pause", b'"x"', 400, "bad_envelope"),
    ("pause", b"\xff\xfe", 400, "bad_envelope"),
    ("pause", b'{"deadline_s": NaN}', 400, "bad_envelope"),
    ("pause", b'{"reason": "a", "reason": "b"}', 400, "bad_envelope"),
    ("pause", b'{"reason": "\\u0000"}', 400, "bad_envelope"),
    ("pause", b'{"reason": "\\ud800"}', 400, "bad_envelope"),
    ("pause", b"[" * 10_000 + b"]" * 10_000, 400, "bad_envelope"),
    ("pause", b'{"reason": "' + b"x" * 600_000 + b'"}', 413, "too_large"),
    ("pause", {"reasn": "x"}, 400, "bad_envelope"),
    ("pause", {"for_s": 1800}, 400, "bad_envelope"),
    ("pause", {"for": True}, 400, "bad_envelope"),
    ("pause", {"for": "soon"}, 400, "bad_until"),
    ("pause", {"for": "0s"}, 400, "bad_until"),
    ("pause", {"for": "999999d"}, 400, "bad_until"),
    ("pause", {"until": "0001-01-01T00:00:00+14:00"}, 400, "bad_until"),
    ("pause", {"until": "2020-01-01T00:00:00Z"}, 400, "bad_until"),
    ("pause", {"until": "2026-11-24T14:30:00"}, 400, "bad_until"),
    ("pause", {"until": "tomorrow"}, 400, "bad_until"),
    ("pause", {"until": 1800000000}, 400, "bad_envelope"),
    ("pause", {"until": "2027-01-01T00:00:00Z", "for": "60s"}, 400, "bad_until"),
    ("pause", {"hold": ""}, 400, "bad_text"),
    ("pause", {"reason": "x" * 1001}, 400, "bad_text"),
    ("pause", {"deadline_s": 0}, 400, "bad_deadline"),
    ("pause", {"deadline_s": 10**12}, 400, "bad_deadline"),
    ("resume", {"rate_per_s": 0}, 409, "bad_rate"),
    ("deploy", {}, 400, "bad_envelope"),
    ("deploy", {"sql": "SELECT FROM"}, 400, "syntax_error"),
    ("deploy", {"sql": "DROP TABLE event"}, 400, "unsupported_statement"),
    ("deploy", {"sql": SQL.format(name="a"), "topic": "elsewhere"}, 400, "topic_not_read"),
]


@pytest.mark.parametrize(("verb", "body", "status", "code"), BAD, ids=[f"{b[3]}-{n}" for n, b in enumerate(BAD)])
async def test_bad_commands(
    client: Client, story: Story, store: EventStore, verb: str, body: Any, status: int, code: str
) -> None:
    """What cannot be read or done is a problem with its code, stands among the refusals, and moves nothing."""
    web: AsyncClient = await client()
    before = store.head()
    sent = {"content": body} if isinstance(body, bytes) else {"json": body}
    headers = {"Content-Type": "application/json"}
    answer = await web.post(f"/api/v1/jobs/a/{verb}", headers=headers, **sent)
    assert answer.status_code == status, answer.text
    if code:
        problem = answer.json()
        assert problem["code"] == code
        assert problem["message"]
        assert store.head() == before
        if status != 413:
            assert refusals(store) == [("a", code, "http")]
            assert problem["command_id"]


async def test_an_answer_tells_of_the_job_after_the_command(client: Client, story: Story) -> None:
    """When it lets itself go is as the command left it; a cut is not told before it is proved."""
    web: AsyncClient = await client()

    async def pause(**said: Any) -> tuple[str, Any, bool]:
        body = (await web.post("/api/v1/jobs/a/pause", json=said)).json()
        return body["state"], body["cut"], body["resumes_at"] is not None

    assert await pause(**{"hold": "deploy-42", "for": "30m"}) == ("PAUSING", [], True)
    assert await pause() == ("PAUSING", [], False)


async def test_a_body_that_is_no_json(client: Client, story: Story, store: EventStore) -> None:
    """A form or text sent to the API is no command: what any page of elsewhere could send without asking."""
    web: AsyncClient = await client()
    for kind in ("text/plain", "application/x-www-form-urlencoded", ""):
        answer = await web.post("/api/v1/jobs/a/pause", content=b'{"reason": "x"}', headers={"Content-Type": kind})
        assert (answer.status_code, answer.json()["code"]) == (400, "bad_envelope")


async def test_probes(client: Client, story: Story, store: EventStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """Alive says nothing of the log; ready says where it stands, or 503 with the log's own words."""
    web: AsyncClient = await client()
    assert (await web.get("/readyz")).json() == {"status": "ready", "seq": store.head().seq, "kafka": False}

    def away(_: EventStore) -> None:
        raise StoreUnavailable("store_unreachable", "the event log cannot be opened", "is it there?")

    monkeypatch.setattr(type(store), "head", away)
    assert (await web.get("/healthz")).json()["status"] == "ok"
    answer = await web.get("/readyz")
    assert (answer.status_code, answer.json()["code"]) == (503, "store_unreachable")
    assert answer.headers["retry-after"] == "1"
    page = await web.get("/")
    assert (page.status_code, "the event log cannot be opened" in page.text) == (503, True)


async def test_addresses_that_are_none(client: Client) -> None:
    """Unknown paths, methods and numbers are problems of the API's own form too."""
    web: AsyncClient = await client()
    for method, path, status, code in (
        ("GET", "/api/v1/nothing", 404, "no_such_page"),
        ("DELETE", "/api/v1/jobs/a", 405, "method_not_allowed"),
        ("GET", "/api/v1/jobs?page_size=0", 400, "bad_request"),
        ("GET", "/api/v1/jobs?page_size=x", 400, "bad_request"),
        ("GET", "/api/v1/jobs/a/history?since=-1", 400, "bad_request"),
    ):
        answer = await web.request(method, path)
        assert (answer.status_code, answer.json()["code"]) == (status, code), path
        assert ("allow" in answer.headers) == (status == 405)


async def test_openapi(client: Client) -> None:
    """The document is made from the types: every address, its bodies, and one problem for all that goes wrong."""
    web: AsyncClient = await client()
    document = (await web.get("/openapi.json")).json()
    paths = document["paths"]
    verbs = {path.rpartition("/")[2] for path, item in paths.items() if "post" in item}
    moves = {"start", "pause", "resume", "stop", "drain", "kill", "rollback"}
    assert verbs == {"deploy", *moves, "set_flag", "set_window", "remove_window", "set_rule", "remove_rule"}
    assert {path.rpartition("/")[2] for path in paths if "/batches/" in path} == moves
    for item in paths.values():
        for operation in item.values():
            content = operation["responses"]["default"]["content"]
            assert content == {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
            assert "422" not in operation["responses"]
    assert (await web.get("/asyncapi.json")).json()["asyncapi"].startswith("3.")
    assert "legal" in document["components"]["schemas"]["Problem"]["properties"]


async def test_the_trace_of_a_request(client: Client, story: Story, store: EventStore) -> None:
    """Its `traceparent` is kept with the command, for workers and answers; one that is none is ignored."""
    traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    api = await client()
    for id, said, kept in (("t1", traceparent, traceparent), ("t2", "00-x", None)):
        answer = await api.post("/api/v1/jobs/a/pause", json={}, headers={"idempotency-key": id, "traceparent": said})
        assert answer.status_code in {200, 202}
        result = store.result(answer.json()["command_id"])
        assert result is not None
        assert result.traceparent == kept
