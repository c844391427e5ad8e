"""Who may come in, from where, and what every answer takes along."""

import re
import time
from typing import Any

import pytest
from httpx import AsyncClient, Response
from tests.web.conftest import ORIGIN, Client
from tests.web.story import Story

from slackwater.admin.errors import Usage
from slackwater.admin.web.caller import SESSION_S
from slackwater.admin.web.settings import Token, WebSettings, web_settings
from slackwater.persistence.store import EventStore

SECRET = "a-long-enough-secret"
LOCKED = web_settings("127.0.0.1", 8321, [f"ana:{SECRET}", "ci:another-long-secret"])
BEARER = {"Authorization": f"Bearer {SECRET}"}
API = (
    "/api/v1/jobs",
    "/api/v1/jobs/a",
    "/api/v1/jobs/a/history",
    "/api/v1/events",
    "/openapi.json",
    "/asyncapi.json",
    "/api/v1/policy",
    "/api/v1/verify",
    "/audit.json?sql=SELECT+1",
)
PAGES = (
    "/",
    "/jobs/a",
    "/jobs/a/pause",
    "/policy",
    "/policy/set_flag",
    "/as-of",
    "/audit",
    "/audit.csv?sql=SELECT+1",
    "/bulk?verb=pause&name=a",
)


def form_token(answer: Response) -> str:
    found = re.search(r'name="form_token" value="([^"]+)"', answer.text)
    assert found, answer.text
    return found[1]


async def post(client: AsyncClient, path: str, _page: str = "/jobs/a/pause", **fields: Any) -> Response:
    """A form as a browser sends it: from our own page, with its token."""
    token = form_token(await client.get(_page))
    return await client.post(path, data={"form_token": token, **fields}, headers={"Origin": ORIGIN})


async def test_pages_and_api_need_a_token(client: Client, story: Story) -> None:
    """With tokens set, programs get 401 with a problem, people are sent to sign in, and only probes and files are open."""
    web = await client(LOCKED)
    for path in API:
        answer = await web.get(path)
        assert (answer.status_code, answer.json()["code"]) == (401, "no_token")
        assert answer.headers["WWW-Authenticate"] == "Bearer"
        assert answer.headers["content-type"] == "application/problem+json"
    for path in PAGES:
        answer = await web.get(path)
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/login?next=%2F")
    for path in ("/healthz", "/readyz", "/login", "/static/slackwater.css"):
        assert (await web.get(path)).status_code == 200


async def test_bearer(client: Client, story: Story, store: EventStore) -> None:
    """A token's name stands in the log, whatever else the request claims; a wrong token is no token."""
    web = await client(LOCKED)
    claims = {**BEARER, "X-Slackwater-Actor": "the-boss"}
    assert (await web.post("/api/v1/jobs/a/pause", headers=claims)).status_code == 202
    last = store.read(store.head().seq - 1)[0]
    assert (last.actor, last.channel) == ("ana", "http")
    for wrong in ("Bearer nonsense-nonsense", f"Basic {SECRET}", "Bearer", f"Bearer {SECRET}x", "Bearer \xff"):
        answer = await web.get("/api/v1/jobs", headers={"Authorization": wrong.encode("latin-1")})
        assert (answer.status_code, answer.json()["code"]) == (401, "wrong_token")
    assert SECRET not in repr(LOCKED)


async def test_sign_in_and_out(client: Client, story: Story) -> None:
    """A token opens a session of its own: HttpOnly, strict, another id than before, and over after signing out."""
    web = await client(LOCKED)
    page = await web.get("/login?next=/jobs/a")
    before = page.headers["set-cookie"]
    wrong = await post(web, "/login", "/login", token="wrong")
    assert (wrong.status_code, "wrong_token" in wrong.text) == (401, True)
    right = await post(web, "/login", "/login", token=SECRET, next="/jobs/a")
    assert (right.status_code, right.headers["location"]) == (303, "/jobs/a")
    cookie = right.headers["set-cookie"]
    assert all(part in cookie for part in ("HttpOnly", "SameSite=Strict", "Path=/"))
    assert cookie.split(";")[0] != before.split(";")[0]
    assert SECRET not in cookie
    assert "ana" in (await web.get("/jobs/a")).text
    assert (await post(web, "/logout", "/jobs/a")).status_code == 303
    assert (await web.get("/jobs/a")).status_code == 303


@pytest.mark.parametrize("where", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)", ""])
async def test_sign_in_leads_nowhere_else(client: Client, where: str) -> None:
    """What stands behind `next` is a page of this server, or the first one."""
    web = await client(LOCKED)
    answer = await post(web, "/login", "/login", token=SECRET, next=where)
    assert answer.headers["location"] == "/"


async def test_a_session_cannot_be_made_or_kept(client: Client, story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    """A forged cookie, one of another server, and one that is over are none."""
    web = await client(LOCKED)
    await post(web, "/login", "/login", token=SECRET)
    (name, real), *_ = web.cookies.items()
    other = await client(web_settings("127.0.0.1", 8321, ["ana:quite-another-secret"]))
    for server, value in ((web, real[:-2] + "xx"), (web, "bm9uc2Vuc2U"), (web, "ä"), (other, real)):
        server.cookies.clear()
        assert (await server.get("/", headers={"Cookie": f"{name}={value}".encode()})).status_code == 303
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + SESSION_S)
    assert (await web.get("/", headers={"Cookie": f"{name}={real}"})).status_code == 303


async def test_on_loopback_everybody_has_the_name_they_give(client: Client, story: Story, store: EventStore) -> None:
    """Without tokens the actor is the header's, else the session's, else `web`."""
    web = await client()
    for headers, actor in (({}, "web"), ({"X-Slackwater-Actor": "Zoë"}, "Zoë")):
        sent = {name: value.encode() for name, value in headers.items()}
        assert (await web.post("/api/v1/jobs/a/pause", json={"hold": actor}, headers=sent)).status_code == 202
        assert store.read(store.head().seq - 1)[0].actor == actor
    assert (await post(web, "/login", "/login", name="ben")).status_code == 303
    assert (await post(web, "/jobs/b/pause", "/jobs/b/pause", reason="tea")).status_code == 303
    assert store.read(store.head().seq - 1)[0].actor == "ben"


async def test_forms_need_their_token_and_their_origin(client: Client, story: Story, store: EventStore) -> None:
    """A form without its session's token, of another session, from another page or from nowhere moves nothing."""
    web, other = await client(), await client()
    token = form_token(await web.get("/jobs/a/pause"))
    foreign = form_token(await other.get("/jobs/a/pause"))
    before = store.head()
    for fields, headers, code in (
        ({"reason": "x"}, {"Origin": ORIGIN}, "bad_form_token"),
        ({"form_token": foreign}, {"Origin": ORIGIN}, "bad_form_token"),
        ({"form_token": token}, {"Origin": "http://evil.example"}, "foreign_origin"),
        ({"form_token": token}, {"Origin": "null"}, "foreign_origin"),
        ({"form_token": token}, {"Origin": ORIGIN, "Sec-Fetch-Site": "cross-site"}, "foreign_origin"),
        ({"form_token": token}, {}, "foreign_origin"),
    ):
        answer = await web.post("/jobs/a/pause", data=fields, headers=headers)
        assert (answer.status_code, code in answer.text) == (403, True), (fields, headers)
    assert store.head() == before
    assert (await web.post("/jobs/a/pause", data={"form_token": token}, headers={"Origin": ORIGIN})).status_code == 303


async def test_another_page_cannot_use_the_api(client: Client, story: Story, store: EventStore) -> None:
    """A page of elsewhere may send to loopback: its Origin, or the missing token beside the cookie, gives it away."""
    web = await client()
    before = store.head()
    answer = await web.post("/api/v1/jobs/a/pause", headers={"Origin": "http://evil.example"})
    assert (answer.status_code, answer.json()["code"]) == (403, "foreign_origin")
    await web.get("/")
    await post(web, "/login", "/login", name="ben")
    answer = await web.post("/api/v1/jobs/a/pause", headers={"Origin": ORIGIN})
    assert (answer.status_code, answer.json()["code"]) == (403, "bad_form_token")
    assert store.head() == before
    token = form_token(await web.get("/jobs/a/pause"))
    assert (await web.post("/api/v1/jobs/a/pause", headers={"Origin": ORIGIN, "X-CSRF-Token": token})).status_code == 202


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8321", "127.0.0.1.nip.io", "", "10.0.0.7", "[::1"])
async def test_a_name_that_was_pointed_here(client: Client, host: str) -> None:
    """DNS rebinding: a request to a name that is not ours is answered with nothing of ours."""
    web = await client()
    answer = await web.get("/api/v1/jobs", headers={"Host": host})
    assert (answer.status_code, answer.json()["code"]) == (421, "wrong_host")
    for ours in ("localhost", "localhost:9", "127.0.0.1", "[::1]:8321", "LOCALHOST"):
        assert (await web.get("/healthz", headers={"Host": ours})).status_code == 200


async def test_names_beyond_loopback() -> None:
    """Bound to everything, an address is fine and a name must be told."""
    settings = web_settings("0.0.0.0", 80, [SECRET], host_names=["Jobs.example"])
    assert settings.any_address
    assert "jobs.example" in settings.host_names
    assert "0.0.0.0" not in settings.host_names


async def test_every_answer_is_fenced(client: Client, story: Story) -> None:
    """CSP without inline anything, nosniff, no frames, nothing kept: on pages, API, files, refusals and failures alike."""
    web = await client()
    for path in ("/", "/jobs/a", "/api/v1/jobs", "/jobs/ghost", "/static/live.js", "/nowhere", "/audit?sql=DROP"):
        answer = await web.get(path)
        policy = answer.headers["content-security-policy"]
        assert "default-src 'self'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == ("public, max-age=3600" if "static" in path else "no-store")


async def test_what_nobody_foresaw(client: Client, story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mistake of ours is 500, logged, and says nothing of what was inside."""

    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("postgresql://ana:hunter2@db")

    monkeypatch.setattr(type(story.store), "listing", broken)
    web = await client()
    for path in ("/", "/api/v1/jobs"):
        answer = await web.get(path)
        assert answer.status_code == 500
        assert "hunter2" not in answer.text
        assert "internal" in answer.text
        assert answer.headers["x-content-type-options"] == "nosniff"


async def test_read_only(client: Client, story: Story, store: EventStore) -> None:
    """Everything can be seen and nothing moved: no button, no form, no command; and signing in still works."""
    web = await client(web_settings("0.0.0.0", 8321, [f"ana:{SECRET}"]))
    before = store.head()
    for verb in ("start", "pause", "resume", "stop", "rollback"):
        answer = await web.post(f"/api/v1/jobs/a/{verb}", headers=BEARER)
        assert (answer.status_code, answer.json()["code"]) == (403, "read_only")
    assert (await post(web, "/login", "/login", token=SECRET)).status_code == 303
    page = await web.get("/jobs/a")
    assert "/jobs/a/pause" not in page.text
    assert "read only" in page.text
    assert (await post(web, "/jobs/a/pause", "/jobs/a/pause", reason="x")).status_code == 403
    assert (await post(web, "/bulk", "/jobs/a/pause", verb="pause", name="a")).status_code == 403
    assert store.head() == before


async def test_get_changes_nothing(client: Client, story: Story, store: EventStore) -> None:
    """No address that can be linked to moves a job."""
    web = await client()
    before = store.head()
    for path in (*PAGES, *API[:3], "/jobs/a/stop", "/jobs/a/resume?hold=x", "/bulk?verb=stop&name=a&name=ghost"):
        assert (await web.get(path)).status_code == 200, path
    assert (await web.get("/api/v1/jobs/a/pause")).status_code == 405
    assert store.head() == before
    assert store.query("SELECT count(*) FROM refusals").rows == ((0,),)


def test_settings_that_would_let_everybody_in() -> None:
    """Beyond loopback a token is needed and nothing can be changed, unless it is said; a guessable token is none."""
    for host in ("0.0.0.0", "::", "10.0.0.7", "jobs.example", ""):
        with pytest.raises(Usage) as refused:
            web_settings(host, 8321)
        assert refused.value.code == "token_needed"
        assert web_settings(host, 8321, [SECRET]).read_only
    assert not web_settings("0.0.0.0", 8321, [SECRET], read_only=False).read_only
    for host in ("127.0.0.1", "127.8.8.8", "::1", "localhost"):
        assert not web_settings(host, 8321).read_only
    for text, code in (("short", "weak_token"), ("ana:", "weak_token"), (f":{SECRET}", "bad_token_name")):
        with pytest.raises(Usage) as refused:
            web_settings("127.0.0.1", 8321, [text])
        assert refused.value.code == code
        assert "short" not in str(refused.value)
    assert web_settings("127.0.0.1", 1, [f"a:b:{SECRET}"]).tokens == (Token("a:b", SECRET),)
    assert WebSettings().tokens == ()
