"""The pages without a browser: what they say, that nothing can blank or break them, and what their forms do."""

import html
import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from httpx import AsyncClient
from sqlalchemy import create_engine, text
from tests.web.conftest import Client
from tests.web.story import Story, fill
from tests.web.test_access import form_token, post
from tests.web.test_events import make_unreadable

from slackwater.admin.api import Admin
from slackwater.admin.web import job_page, pages
from slackwater.core.control.deploy import Deploy
from slackwater.core.control.pause import Pause
from slackwater.core.control.resume import Resume
from slackwater.core.cut import cut_of
from slackwater.core.events import ResumeRequested
from slackwater.core.observation import VIGIL, Observation, PartitionLag, Seen, Worked
from slackwater.core.rate import RateCap
from slackwater.core.spec import JobSpec
from slackwater.persistence.store import EventStore


async def test_the_list_says_what_is_held_and_why(client: Client, store: EventStore) -> None:
    """Without a line of JavaScript: state as word, colour and shape, since, by, reason, holds, and a banner above all."""
    fill(store)
    page = (await (await client()).get("/")).text
    banner = page[page.index("What is paused now") : page.index("<h1>Jobs")]
    assert "1 job is held still, 1 pausing" in banner
    assert "payments_dedupe" in banner
    assert "“warehouse maintenance CHG-4711”" in banner
    assert "1 job failed" in page
    row = page[page.index('id="job-payments_dedupe"') :].split("</tr>")[0]
    for words in (
        'class="pill paused',
        "#shape-paused",
        "<b>PAUSED</b>",
        "41m",
        "ana",
        "deploy-42",
        "/jobs/payments_dedupe/resume",
    ):
        assert words in row, words
    assert "122,940" in row
    assert "Lag and rate are unknown" not in page


async def test_the_list_looks_once(client: Client, store: EventStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """The jobs and what is left out of them come of one reading of the table, on the page and over HTTP."""
    fill(store)
    web, looks, listing = await client(), [], store.listing
    monkeypatch.setattr(store, "listing", lambda: looks.append("listing") or listing())
    monkeypatch.setattr(store, "jobs", lambda **_: looks.append("jobs"))
    for path in ("/", "/api/v1/jobs"):
        looks.clear()
        assert (await web.get(path)).status_code == 200
        assert looks == ["listing"], path


async def test_without_kafka(client: Client, story: Story) -> None:
    """SQLite alone is enough: lag is unknown and said so, all else is there; what workers told needs no Kafka here."""
    web: AsyncClient = await client()
    assert "Lag and rate are unknown: no worker told them, and no Kafka is configured here" in (await web.get("/")).text
    assert "no worker told, and no Kafka is configured here" in (await web.get("/jobs/a")).text
    story.observe("a", 3120, 50.0)
    page = (await web.get("/jobs/a")).text
    assert 'id="lag-now" data-live>3,120<' in page
    assert (await web.get("/api/v1/jobs/a")).json()["kafka_lag"] == 3120
    assert (await web.get("/api/v1/jobs")).json()["jobs"][0]["records_per_s"] == 50.0


async def test_choosing(client: Client, store: EventStore) -> None:
    """By name, labels and state; a selector that is being typed wrong takes nothing away but the rows."""
    fill(store)
    web: AsyncClient = await client()

    async def names(**query: str) -> list[str]:
        page = (await web.get("/", params=query)).text
        return [part.split('"')[0] for part in page.split('data-name="')[1:]]

    assert await names(q="ORDERS") == ["orders_big"]
    assert await names(selector="team=payments") == ["payments_dedupe", "refunds_flag"]
    assert await names(state="RUNNING", selector="protected") == ["ledger_post"]
    assert await names(state="NONSENSE") == []
    wrong = await web.get("/", params={"selector": "team="})
    assert (wrong.status_code, "bad_selector" in wrong.text) == (200, True)


async def test_in_order(client: Client, store: EventStore) -> None:
    """By a click on a column's head, without a script: the address says it, and keeps it when one chooses."""
    fill(store)
    web: AsyncClient = await client()

    async def names(**query: str) -> list[str]:
        page = (await web.get("/", params=query)).text
        return [part.split('"')[0] for part in page.split('data-name="')[1:]]

    by_name = await names()
    assert by_name == sorted(by_name)
    most = [
        "refunds_flag",
        "payments_dedupe",
        "returns_small",
        "clicks_filter",
        "customers_clean",
        "orders_big",
        "ledger_post",
    ]
    assert (await names(sort="lag", dir="desc"))[:7] == most
    # Where nobody looked is last, whichever way.
    assert (await names(sort="lag"))[:7] == most[::-1]
    assert (await names(sort="rate", dir="desc"))[0] == "returns_small"
    assert (await names(sort="since"))[0] == "orders_big"
    assert (await names(sort="state", dir="desc"))[0] == "refunds_flag"
    assert await names(sort="job", dir="desc") == by_name[::-1]
    assert await names(sort="nonsense") == by_name
    page = (await web.get("/", params={"sort": "lag", "dir": "desc", "q": "a"})).text
    assert 'aria-sort="descending"><a class="sort" href="/?q=a&amp;sort=lag&amp;dir=asc">Lag<' in page
    assert 'href="/?q=a&amp;state=PAUSED&amp;sort=lag&amp;dir=desc"' in page
    assert (await web.get("/?sort=lag&dir=sideways")).status_code == 400


async def test_page_by_page(client: Client, story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    """More jobs than one page holds are on the next one, and counted."""
    monkeypatch.setattr(pages, "JOBS_ON_A_PAGE", 2)
    web: AsyncClient = await client()
    first, second = (await web.get("/")).text, (await web.get("/?page=2")).text
    assert "1–2 of 3" in first
    assert ('data-name="b"' in first, 'data-name="c"' in first) == (True, False)
    assert ('data-name="b"' in second, 'data-name="c"' in second) == (False, True)
    assert (await web.get("/?page=99")).status_code == 200


async def test_the_story_of_a_job(client: Client, store: EventStore) -> None:
    """Newest first, acks folded away, holds, offsets and SQL; the state is marked and so is the way there."""
    fill(store)
    page = (await (await client()).get("/jobs/payments_dedupe")).text
    events = [part.split("<")[0] for part in page[page.index('id="story"') :].split("<b>")[1:]]
    assert events[:4] == ["HoldAdded", "JobPaused", "PauseRequested", "JobResumed"]
    assert "<b>WorkerAcked</b>" not in page
    assert "2 acks of w-1, w-2" in page
    assert 'class="box paused here"' in page
    assert page.count("way taken last") == 1
    assert "orders[0]" in page
    assert "WHERE amount &gt; 100 AND country &lt;&gt; &#39;XX&#39;" in page
    assert "/jobs/payments_dedupe/resume?hold=deploy-42" in page
    failed = (await (await client()).get("/jobs/refunds_flag")).text
    assert "poison_record: orders[2] at 3118" in failed


async def test_every_event_as_it_stands(client: Client, store: EventStore) -> None:
    """Each entry, an ack too, unfolds to the event's own JSON."""
    fill(store)
    page = (await (await client()).get("/jobs/payments_dedupe")).text
    texts = [part.split('<pre class="sql">')[1].split("</pre>")[0] for part in page.split('<details class="raw">')[1:]]
    told = sorted(json.loads(html.unescape(text))["seq"] for text in texts)
    assert told == [recorded.seq for recorded in store.history("payments_dedupe")]


async def test_what_the_job_page_counts(client: Client, story: Story, store: EventStore) -> None:
    """The same figures as `show` and HTTP: what workers counted, pauses, who owns what, what is in danger."""
    now = datetime.now(UTC)
    story.pause("a", 10)
    story.say("a", Resume(), 5)
    story.ack("a", 2702, 5)
    story.pause("a", 2)
    classes = (0,) * 3 + (90, 10) + (0,) * 7
    body = Worked(now - timedelta(hours=1), 12_345, 1_234_567, 12_000, 999, 3, 1, 100, 4.1, classes, 50.0, now, 182_000_000,
                  cut_of({("orders", 0): 2702}))  # fmt: skip
    seen = Seen((PartitionLag("orders", 0, 2702, 2800),), 7200.0)
    store.observe([Observation("a", "w-1", now, body), Observation("a", VIGIL, now, seen)])
    page = (await (await client()).get("/jobs/a")).text
    shown = " ".join(re.sub(r"<[^>]+>", " ", page[page.index("<main") :]).split())
    for words in (
        "Records 12,345 in, 12,000 out",
        "Bytes 1.2 MB in, 999 B out",
        "Dead letters 3",
        "Errors 1",
        "Batches 100, 41 ms a batch, 95 of 100 within 100 ms",
        "Memory 182 MB",
        "Pauses 2, 7m",
        "orders[0] 2,702 2,702 2,800 98 w-1",
        "Unread records are safe for 1h 59m",
    ):
        assert words in shown, words
    told = Admin(store).get_job_details("a").metrics
    assert (told.pauses, told.paused_s // 60, told.starts) == (2, 7, 1)


async def test_lag_and_partitions_of_one_look(client: Client, story: Story, store: EventStore) -> None:
    """A look from before the last commit puts no partition before its cut, and the headline is the sum of the rows."""
    now = datetime.now(UTC)
    seen = Seen((PartitionLag("orders", 0, 10, 2802), PartitionLag("orders", 1, 20, 30)))
    store.observe([Observation("a", VIGIL, now, seen)])
    web: AsyncClient = await client()
    assert 'id="lag-now" data-live>2,802<' in (await web.get("/jobs/a")).text
    story.pause("a")
    page = (await web.get("/jobs/a")).text
    rows = [re.sub(r"<[^>]+>", " ", row).split() for row in page.split('id="offsets"')[1].split("<tbody>")[1].split("</tr>")]
    assert rows[:2] == [
        ["orders[0]", "2,702", "2,702", "2,802", "100", "–"],
        ["orders[1]", "2,719", "2,719", "2,719", "0", "–"],
    ]
    assert 'id="lag-now" data-live>100<' in page


async def test_more_of_a_verb(client: Client, story: Story, store: EventStore) -> None:
    """The fold of each dialog says deadline, rate and lag; what is no number is refused in the words of every door."""
    web: AsyncClient = await client()
    story.pause("a")
    fields = {"rate_per_s": "500", "until_lag": "20", "deadline_s": "45"}
    assert (await post(web, "/jobs/a/resume", **fields)).status_code == 303
    (event,) = store.read(store.head().seq - 1)
    assert isinstance(event.event, ResumeRequested)
    assert event.event.cap == RateCap(500, 20)
    assert 40 < (event.event.deadline - event.at).total_seconds() <= 45
    for verb in ("pause", "stop"):
        wrong = await post(web, f"/jobs/b/{verb}", deadline_s="soon")
        assert (wrong.status_code, "deadline_s is a whole number" in wrong.text, 'value="soon"' in wrong.text) == (
            400,
            True,
            True,
        )


async def test_a_long_story_comes_in_parts(client: Client, story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    """The newest events first; every older one behind a link, none left out."""
    monkeypatch.setattr(job_page, "EVENTS_ON_A_PAGE", 3)
    web: AsyncClient = await client()
    path, seen = "/jobs/a", []
    while True:
        page = (await web.get(path)).text
        seen += [int(part.split("<")[0]) for part in page[page.index('id="story"') :].split('">#')[1:]]
        if "Older events" not in page:
            break
        path = "/jobs/a?before=" + page.split("before=")[1].split('"')[0]
    assert sorted(seen) == [recorded.seq for recorded in story.store.history("a")]


async def test_what_nobody_here_knows_is_shown_as_text(client: Client, story: Story, tmp_path: Path) -> None:
    """A state or field of a newer Slackwater blanks no page (kafbat #510): its row and its events stand there."""
    engine = create_engine(f"sqlite:///{tmp_path}/log.db")
    with engine.begin() as connection:
        body = json.loads(connection.execute(text("SELECT body FROM job WHERE id = 'b'")).scalar_one())
        unknown = json.dumps({**body, "state": "DRAINING"})
        connection.execute(text("UPDATE job SET body = :body, state = 'DRAINING' WHERE id = 'b'"), {"body": unknown})
    engine.dispose()
    make_unreadable(tmp_path, 12)  # of c
    web: AsyncClient = await client()
    page = (await web.get("/")).text
    assert [name in page for name in ('data-name="a"', 'data-name="b"', 'data-name="c"')] == [True] * 3
    assert "UNREADABLE" in page
    said = (await web.get("/api/v1/jobs")).json()
    assert ([job["name"] for job in said["jobs"]], said["unreadable"]) == (["a", "c"], ["b"])
    b = await web.get("/jobs/b")
    assert (b.status_code, "StartRequested" in b.text) == (200, True)
    assert "/jobs/b/pause" not in b.text
    c = await web.get("/jobs/c")
    assert c.status_code == 200
    for words in ("It takes no commands here: event 2 (seq 12)", "JobDeployed", "StartRequested", "as it is: {"):
        assert words in c.text
    assert (await web.get("/api/v1/jobs/b")).json()["code"] == "job_row_differs"
    assert (await web.get("/jobs/ghost")).status_code == 404


async def test_nothing_said_becomes_markup(client: Client, story: Story, store: EventStore) -> None:
    """Reasons, holds, actors, labels, versions and SQL are text, whatever stands in them."""
    evil = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"
    spec = JobSpec(f"SELECT 1 -- {evil}", evil, None, ("orders",), (evil,), evil, {"team": evil})
    story.say("x", Deploy(spec, (evil,), evil), actor=evil)
    story.say("a", Pause(evil, evil), actor=evil)
    web: AsyncClient = await client()
    for path in (
        "/",
        "/jobs/x",
        "/jobs/a",
        "/jobs/a/resume",
        "/jobs/x/start",
        "/audit",
        "/as-of",
        f"/?q={evil}",
        f"/jobs/{evil[:8]}",
    ):
        page = (await web.get(path)).text
        assert "<script>alert" not in page, path
        assert "<img" not in page, path


async def test_pausing_by_the_form(client: Client, story: Story, store: EventStore) -> None:
    """A reason, a hold, a while: the same events as by any other door, and the page says what became of the command."""
    web: AsyncClient = await client()
    answer = await post(web, "/jobs/a/pause", reason="CHG-4711", hold="deploy-42", **{"for": "30m"})
    assert answer.status_code == 303
    event = store.read(store.head().seq - 1)[0]
    assert (event.actor, event.channel) == ("web", "http")
    job = store.job("a")
    assert job is not None
    assert (job.holds[0].name, job.holds[0].reason) == ("deploy-42", "CHG-4711")
    assert job.holds[0].until is not None
    page = (await web.get(answer.headers["location"])).text
    assert f"Pause accepted as event #{event.seq}" in page
    dialog = await web.post(
        "/jobs/a/resume",
        data={"form_token": form_token(await web.get("/jobs/a/resume")), "all_holds": "yes"},
        headers={"Origin": "http://127.0.0.1", "HX-Request": "true"},
    )
    assert dialog.headers["hx-redirect"].startswith("/jobs/a?command=")


async def test_a_form_sent_twice(client: Client, story: Story, store: EventStore) -> None:
    """A second click is the same command: the first answer again, nothing appended."""
    web: AsyncClient = await client()
    first = await post(web, "/jobs/a/pause", reason="x", command_id="one-click")
    head = store.head()
    again = await post(web, "/jobs/a/pause", reason="x", command_id="one-click")
    assert first.headers["location"] == again.headers["location"]
    assert store.head() == head


@pytest.mark.parametrize(
    ("verb", "fields", "code"),
    [
        ("pause", {"for": "soon"}, "bad_until"),
        ("pause", {"until": "2020-01-01T00:00"}, "bad_until"),
        ("pause", {"for": "1h", "until": "2027-01-01T00:00"}, "bad_until"),
        ("pause", {"until": "whenever"}, "bad_until"),
        ("start", {}, "already"),
        ("resume", {"hold": "nobody"}, "already"),
        ("rollback", {}, "no_such_version"),
    ],
)
async def test_a_form_that_is_refused(
    client: Client, story: Story, store: EventStore, verb: str, fields: dict[str, str], code: str
) -> None:
    """It comes back with the reason, what is legal and what it said; the refusal is recorded."""
    web: AsyncClient = await client()
    before = store.head()
    answer = await post(web, f"/jobs/a/{verb}", reason="my words", **fields)
    assert store.head() == before
    if code == "already":
        assert "It was already" in (await web.get(answer.headers["location"])).text
        return
    assert answer.status_code in {400, 409}
    assert code in answer.text
    assert "my words" in answer.text
    assert [row[0] for row in store.query("SELECT code FROM refusals").rows] == [code]


async def test_a_protected_job(client: Client, store: EventStore) -> None:
    """Its name must be typed; without it, or misspelt, nothing moves."""
    story = Story(store)
    story.run("ledger", labels={"protected": "true"})
    web: AsyncClient = await client()
    assert "Type its name" in (await web.get("/jobs/ledger/stop")).text
    before = store.head()
    for typed in ({}, {"yes_protected": "ledge"}):
        answer = await post(web, "/jobs/ledger/stop", "/jobs/ledger/stop", reason="x", **typed)
        assert (answer.status_code, "protected" in answer.text) == (409, True)
    assert store.head() == before
    assert (await post(web, "/jobs/ledger/stop", "/jobs/ledger/stop", yes_protected="ledger")).status_code == 303
    assert store.head().seq == before.seq + 1


async def test_protected_jobs_among_many(client: Client, story: Story, store: EventStore) -> None:
    """The page names them and each moves only if its own name was typed; the others go on, and what was typed stays."""
    jobs = ["a", "ledger", "vault.eu"]
    for name in jobs[1:]:
        story.run(name, labels={"protected": "true"})
    web: AsyncClient = await client()
    plan = (await web.get("/bulk", params={"verb": "pause", "name": jobs})).text
    assert ("Protected: ledger, vault.eu." in plan, plan.count("<b>PAUSING</b>")) == (True, 3)

    async def pause(batch_id: str, **typed: str) -> str:
        asked = {"verb": "pause", "name": jobs, "batch_id": batch_id, **typed}
        return (await post(web, "/bulk", "/jobs/a/pause", **asked)).text

    def held() -> list[str]:
        return [job.id for job in store.jobs() if job.holds]

    assert (await pause("b1", typed_name="3")).count("is protected: to pause it takes its name") == 2
    assert held() == ["a"]
    assert 'value="ledger"' in await pause("b2", yes_protected="ledger", **{"for": "soon"})
    assert "vault.eu is protected" in await pause("b3", yes_protected="3, ledger vault a")
    assert held() == ["a", "ledger"]
    assert "is protected" not in await pause("b4", yes_protected="vault.eu,ledger")
    assert held() == jobs


async def test_many_at_once(client: Client, story: Story, store: EventStore) -> None:
    """The plan first, which moves nothing; then one answer each under one batch id, and the same form moves nothing more."""
    web: AsyncClient = await client()
    plan = await web.get("/bulk", params={"verb": "pause", "name": ["a", "b", "ghost"]})
    assert (plan.text.count("<b>PAUSING</b>"), "there is no job ghost" in plan.text) == (2, True)
    fields: dict[str, Any] = {"verb": "pause", "name": ["a", "b", "ghost"], "batch_id": "CHG-4711", "reason": "night"}
    answer = await post(web, "/bulk", **fields)
    assert answer.status_code == 200
    assert answer.text.count("accepted as event") == 2
    assert "there is no job ghost" in answer.text
    head = store.head()
    assert store.result("CHG-4711/a") is not None
    assert (await post(web, "/bulk", **fields)).status_code == 200
    assert store.head() == head
    unticked = await web.get("/bulk", params={"verb": "pause", "q": "a", "sort": "lag", "dir": "desc"})
    assert (unticked.status_code, unticked.headers["location"]) == (303, "/?q=a&sort=lag&dir=desc&unchosen=pause#list")
    assert "Tick the jobs to pause first." in (await web.get(unticked.headers["location"])).text
    assert (await web.get("/bulk", params={"verb": "deploy", "name": "a"})).status_code == 404


async def test_forms_that_are_none(client: Client, story: Story) -> None:
    """Other content, broken text, too many fields, an unknown verb or job: said as it is, nothing moved."""
    web: AsyncClient = await client()
    token = form_token(await web.get("/jobs/a/pause"))
    headers = {"Origin": "http://127.0.0.1", "Content-Type": "application/x-www-form-urlencoded"}
    good = f"form_token={token}".encode()
    for path, body, more, status in (
        ("/jobs/a/pause", b"{}", {"Content-Type": "application/json"}, 400),
        ("/jobs/a/pause", good + b"&reason=%ff", {}, 400),
        ("/jobs/a/pause", good + b"&x=1" * 2000, {}, 400),
        ("/jobs/a/pause", good + b"&reason=" + b"x" * 600_000, {}, 413),
        ("/jobs/a/explode", good, {}, 404),
        ("/jobs/ghost/pause", good, {}, 404),
    ):
        assert (await web.post(path, content=body, headers={**headers, **more})).status_code == status, path


async def test_audit(client: Client, store: EventStore) -> None:
    """One SELECT as a table, CSV and JSON; `:as_of` pins it to a position, and the link to it says which."""
    fill(store)
    web: AsyncClient = await client()
    sql = "SELECT seq, event, reason FROM job_history WHERE seq <= :as_of ORDER BY seq DESC LIMIT 3"
    page = (await web.get("/audit", params={"sql": sql, "as_of": 20})).text
    link = page.split('rel="bookmark"')[0].rpartition('href="')[2].split('"')[0].replace("&amp;", "&")
    assert parse_qs(urlsplit(link).query) == {"sql": [sql], "as_of": ["20"]}
    first = (await web.get("/audit.json", params={"sql": sql, "as_of": 20})).json()
    assert first[0]["seq"] == 20
    Story(store).say("orders_big", Pause("=HYPERLINK(1)"))
    assert (await web.get("/audit.json", params={"sql": sql, "as_of": 20})).json() == first
    assert "2,010" not in page
    csv = await web.get("/audit.csv", params={"sql": sql})
    assert csv.headers["content-disposition"] == 'attachment; filename="audit.csv"'
    assert csv.text.splitlines()[:2] == ["seq,event,reason", f"{store.head().seq},PauseRequested,'=HYPERLINK(1)"]
    loose = (await web.get("/audit", params={"sql": "SELECT count(*) AS n FROM events", "as_of": 5})).text
    assert "does not say <code>:as_of</code>" in loose


async def test_audit_in_order(client: Client, store: EventStore) -> None:
    """A column's head puts the answer in order, in the page, its link and its files; one that is not there is said so."""
    fill(store)
    web: AsyncClient = await client()
    sql = "SELECT seq, actor, reason FROM job_history WHERE seq <= :as_of ORDER BY seq LIMIT 40"
    asked = {"sql": sql, "as_of": "60", "sort": "reason", "dir": "desc"}
    page = (await web.get("/audit", params=asked)).text
    links = [part.split('"')[0].replace("&amp;", "&") for part in page.split('href="')]
    for path in ("/audit.csv", "/audit.json", "/audit"):
        assert f"{path}?{urlencode(asked)}" in links, path
    assert f"/audit?{urlencode({**asked, 'dir': 'asc'})}" in links
    down = [row["reason"] for row in (await web.get("/audit.json", params=asked)).json()]
    up = [row["reason"] for row in (await web.get("/audit.json", params={**asked, "dir": "asc"})).json()]
    told = [reason for reason in down if reason is not None]
    assert told == sorted(told, reverse=True)
    assert (up[: len(told)], set(up[len(told) :])) == (told[::-1], {None})
    for path in ("/audit", "/audit.json"):
        wrong = await web.get(path, params={**asked, "sort": "nowhere"})
        assert (wrong.status_code, "bad_sort" in wrong.text) == (400, True)


async def test_fields_write_the_query(client: Client, store: EventStore) -> None:
    """Job, actor, event and since become SQL that stands in the page; a quote in them stays a word."""
    fill(store)
    web: AsyncClient = await client()

    async def found(**fields: str) -> list[str]:
        page = (await web.get("/audit", params=fields)).text
        sql = html.unescape(page.split("<textarea")[1].split(">", 1)[1].split("</textarea>")[0])
        return [row["event"] for row in (await web.get("/audit.json", params={"sql": sql})).json()]

    assert await found(job="payments_dedupe", actor="cleo") == ["HoldAdded"]
    assert await found(job="payments_dedupe", event="PauseRequested") == ["PauseRequested"] * 2
    assert await found(job="payments_dedupe", since="1h") == ["HoldAdded", "JobPaused", "PauseRequested"]
    assert await found(job="payments_dedupe", since="32") == ["HoldAdded"]
    assert await found(actor="o'brien' OR 1=1 --") == []
    for since in ("soon", "99999999999d", "999999d"):
        wrong = await web.get("/audit", params={"since": since})
        assert (wrong.status_code, "bad_time" in wrong.text) == (400, True), since


async def test_a_long_cell_is_one_line(client: Client, store: EventStore) -> None:
    """What is long is folded, and all of it is there."""
    fill(store)
    page = (await (await client()).get("/audit", params={"sql": "SELECT * FROM events WHERE seq <= 3"})).text
    cell = html.unescape(page.split('<details class="cell">')[2])
    short, whole = cell.split("<summary>")[1].split("</summary>")[0], cell.split("<div>")[1].split("</div>")[0]
    assert whole.startswith(short.removesuffix("…"))
    assert (len(short) < 30, json.loads(whole)["reason"]) == (True, "release 42")


async def test_what_json_cannot_say(client: Client, store: EventStore) -> None:
    """No column is lost and no word is said that JSON has not; what is too large is said so, on every door."""
    fill(store)
    web: AsyncClient = await client()
    for path in ("/audit.json", "/api/v1/audit"):
        answer = await web.get(path, params={"sql": "SELECT 9e999 AS a, x'ff' AS b"})
        assert answer.json() == [{"a": None, "b": "ff"}]
        for sql, code in (("SELECT 1 AS a, 2 AS a", "same_names"), ("SELECT zeroblob(5000000)", "too_large")):
            answer = await web.get(path, params={"sql": sql})
            assert (answer.status_code, answer.json()["code"]) == ({"same_names": 400}.get(code, 413), code)
    assert (await web.get("/audit.csv", params={"sql": "SELECT 1 AS a, 2 AS a"})).text.splitlines() == ["a,a", "1,2"]
    assert (await web.get("/audit", params={"sql": "SELECT zeroblob(50000000)"})).status_code == 413


async def test_as_it_was(client: Client, store: EventStore) -> None:
    """By event or by time, in UTC unless it says otherwise: the page, its audit and the API say the same."""
    story = Story(store)
    for job in ("a", "b"):
        story.run(job, 300, {"team": "payments"})
    story.pause("a", 200, Pause("late events from the bank"), "ben")
    story.pause("b", 100)
    web: AsyncClient = await client()
    then = f"{story.now - timedelta(minutes=150):%Y-%m-%d %H:%M:%S}"
    told = (await web.get("/api/v1/state-as-of", params={"time": f"{then}Z", "selector": "team=payments"})).json()
    assert [(job["name"], job["state"], job["by"]) for job in told["jobs"]] == [
        ("a", "PAUSED", "ben"),
        ("b", "RUNNING", "ana"),
    ]
    same = await web.get("/api/v1/state-as-of", params={"seq": told["seq"], "job": ["a"]})
    assert same.json()["jobs"] == told["jobs"][:1]
    by_time = (await web.get("/as-of", params={"moment": then})).text
    by_event = (await web.get("/as-of", params={"moment": str(told["seq"])})).text
    for page in (by_time, by_event):
        assert f"moment={told['seq']}" in page
        assert "late events from the bank" in page
    sql = "SELECT max(seq) AS n FROM events WHERE seq <= :as_of"
    assert (await web.get("/audit.json", params={"sql": sql, "as_of": then})).json() == [{"n": told["seq"]}]
    assert f"as_of={told['seq']}" in (await web.get("/audit", params={"sql": sql, "as_of": then})).text


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({}, "bad_time"),
        ({"seq": 1, "time": "2026-01-01T00:00Z"}, "bad_time"),
        ({"time": "2026-01-01T00:00"}, "bad_time"),
        ({"time": "9999-01-01T00:00Z"}, "bad_time"),
        ({"time": "0001-01-01T00:00+02:00"}, "bad_time"),
        ({"time": "yesterday"}, "bad_time"),
        ({"seq": 999}, "bad_position"),
        ({"seq": 1, "job": "ghost"}, "no_such_job"),
    ],
)
async def test_no_such_moment(client: Client, story: Story, asked: dict[str, Any], code: str) -> None:
    """A problem with its code for programs, the same words on the page, and nothing else."""
    web: AsyncClient = await client()
    answer = await web.get("/api/v1/state-as-of", params=asked)
    assert (answer.status_code, answer.json()["code"]) == (404 if code == "no_such_job" else 400, code)
    for moment in ("yesterday", "9999-01-01", "0001-01-01T00:00+02:00", "999"):
        assert (await web.get("/as-of", params={"moment": moment})).status_code == 400
    for moment in ("9999-01-01", "0001-01-01T00:00+02:00"):
        assert (await web.get("/audit.json", params={"sql": "SELECT :as_of", "as_of": moment})).status_code == 400


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM job",
        "UPDATE job SET state = 'PAUSED'",
        "SELECT 1; DELETE FROM job",
        "WITH x AS (SELECT 1) DELETE FROM job",
        "SELECT * FROM nowhere",
        "PRAGMA writable_schema = ON",
        "x" * 20_001,
    ],
)
async def test_audit_only_reads(client: Client, story: Story, store: EventStore, sql: str) -> None:
    """SQL that writes, or is none, is said so in the page, with the query still in its place."""
    web: AsyncClient = await client()
    before = (store.head(), store.jobs())
    for path, said in (("/audit", 'role="alert"'), ("/audit.csv", 'role="alert"'), ("/audit.json", '"code":"')):
        answer = await web.get(path, params={"sql": sql})
        assert answer.status_code in {400, 413}
        assert said in answer.text
    assert (store.head(), store.jobs()) == before
