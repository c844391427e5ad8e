"""The policy's page without a browser: what it shows, and changing it by a form that asks why."""

from datetime import UTC, datetime, timedelta

from httpx import AsyncClient
from tests.web.conftest import Client
from tests.web.story import Story
from tests.web.test_access import post

from slackwater.admin.web.settings import web_settings
from slackwater.core.observation import Observation, Worked
from slackwater.core.policy.flag import Flag
from slackwater.core.policy.policy import POLICY_ID
from slackwater.core.policy.rule import Rule
from slackwater.persistence.store import EventStore


async def test_setting_by_forms(client: Client, story: Story, store: EventStore) -> None:
    """Flag and windows are shown as they are, asked about with what they are filled in, and changed with a reason, once."""
    web: AsyncClient = await client()
    page = (await web.get("/policy")).text
    assert ("pausing is on for all" in page, "held by the clock" in page, "held by a rule" in page) == (True, True, True)
    flag = {"mode": "some", "selector": "team=payments", "percent": "", "otherwise": "refuse", "reason": "try it there"}
    window = {"name": "nightly", "cron": "30 2 * * *", "zone": "Europe/Berlin", "for": "30m", "selector": "team=payments"}
    for verb, fields in (("set_flag", flag), ("set_window", {**window, "reason": "CHG-1"}), ("set_flag", flag)):
        answer = await post(web, f"/policy/{verb}", f"/policy/{verb}", **fields)
        assert answer.status_code == 303, answer.text
        page = (await web.get(answer.headers["location"])).text
    assert "It was so already" in page
    assert store.policy().flag == Flag("some", "team=payments")
    (found,) = store.policy().windows
    assert (found.lasts_s, found.reason) == (1800, "CHG-1")
    row = page[page.index('id="window-nightly"') :].split("</tr>")[0]
    comes = next(found.after(datetime.now(UTC)))
    for words in ("30 2 * * *", "Europe/Berlin", f"{comes.begins:%Y-%m-%d %H:%M:%S} UTC", "/jobs/a", "/jobs/b", "“CHG-1”"):
        assert words in row, words
    assert ("/jobs/c" in row, row.count(" UTC") >= 3) == (False, True)
    assert ("“try it there”" in page, "FlagChanged" in page) == (True, True)
    asked = (await web.get("/policy/set_window?name=nightly")).text
    assert ('value="30m"' in asked, 'value="30 2 * * *"' in asked) == (True, True)
    answer = await post(web, "/policy/remove_window", "/policy/remove_window?name=nightly", name="nightly", reason="moved")
    assert (answer.status_code, store.policy().windows) == (303, ())
    assert {one.channel for one in store.history(POLICY_ID)} == {"http"}


async def test_an_open_window_says_until_when(client: Client, story: Story, store: EventStore) -> None:
    """What is open now comes first, with its end."""
    web: AsyncClient = await client()
    began = datetime.now(UTC) - timedelta(minutes=1)
    fields = {"name": "now", "cron": f"{began.minute} {began.hour} * * *", "for": "2h"}
    await post(web, "/policy/set_window", "/policy/set_window", **fields)
    assert "<b>open</b>, until" in (await web.get("/policy")).text


async def test_rules_by_forms(client: Client, story: Story, store: EventStore) -> None:
    """Shown with what each sees now, what it would hold first; asked about as it is, but for the reason; removed."""
    store.observe([Observation("b", "w-1", now := datetime.now(UTC), Worked(now, rss_bytes=5_000_000_000))])
    web: AsyncClient = await client()
    new = (await web.get("/policy/set_rule?name=")).text
    assert ('value="1m"' in new, 'value="errors_per_min"' in new) == (True, True)
    rule = {"name": "far", "metric": "memory_mb", "upper": "1000", "lower": "10", "for": "1h30m", "release_after": "90s"}
    for fields in ({**rule, "release_after": "", "reason": "CHG-1"}, {**rule, "reason": "CHG-2"}):
        assert (await post(web, "/policy/set_rule", "/policy/set_rule", **fields)).status_code == 303
    assert store.policy().rules == (Rule("far", "memory_mb", 1000, 10, 5400, 90, reason="CHG-2"),)
    page = (await web.get("/policy")).text
    row = page[page.index('id="rule-far"') :].split("</tr>")[0]
    for words in ("1,000 or more", "1h 30m", "10 or less", "1m 30s", "“CHG-2”", "every job", "5,000 <b>would hold it</b>"):
        assert words in row, words
    assert row.index("/jobs/b") < row.index("/jobs/a")
    asked = (await web.get("/policy/set_rule?name=far")).text
    assert ('value="90m"' in asked, 'value="90s"' in asked, "CHG-2" in asked) == (True, True, False)
    answer = await post(web, "/policy/remove_rule", "/policy/remove_rule?name=far", name="far", reason="moved")
    assert (answer.status_code, store.policy().rules) == (303, ())


async def test_a_form_that_is_refused(client: Client, story: Story, store: EventStore) -> None:
    """It comes back with what is wrong and what it said; recorded; nothing changed. A server that only shows has no form."""
    web: AsyncClient = await client()
    window = {"name": "n", "cron": "0 2 * * *", "for": "30m", "reason": "my words"}
    rule = {"name": "n", "metric": "lag", "upper": "9", "lower": "1", "for": "1m", "reason": "my words"}
    for verb, fields in (
        ("set_flag", {"mode": "some", "percent": "many", "reason": "my words"}),
        ("set_flag", {"mode": "maybe", "otherwise": "refuse", "reason": "my words"}),
        ("set_window", {**window, "for": "soon"}),
        ("set_window", {**window, "zone": "Mars/Olympus"}),
        ("set_window", {**window, "cron": "61 * * * *"}),
        ("set_rule", {**rule, "upper": "many"}),
        ("set_rule", {**rule, "for": ""}),
        ("set_rule", {**rule, "lower": "9"}),
        ("set_rule", {**rule, "release_after": "90s"}),
    ):
        answer = await post(web, f"/policy/{verb}", f"/policy/{verb}", **fields)
        assert (answer.status_code, "bad_policy" in answer.text, "my words" in answer.text) == (400, True, True)
    rows = store.query("SELECT job_id, code, channel FROM refusals").rows
    assert rows == ((POLICY_ID, "bad_policy", "http"),) * 9
    assert store.policy().version == 0
    assert (await web.get("/policy/explode")).status_code == 404
    shows: AsyncClient = await client(web_settings("127.0.0.1", 8321, read_only=True))
    assert "/policy/set_flag" not in (await shows.get("/policy")).text
