"""The page in a real Chromium, as an operator uses it: click, type, and look it up in the log.

SW_SCREENSHOTS=1 writes the pictures of docs/img anew.
"""

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.web.conftest import Served
from tests.web.story import Story, fill

from slackwater.admin.api import Admin
from slackwater.core.control.pause import Pause
from slackwater.core.policy.rule import Rule
from slackwater.persistence.store import EventStore

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PICTURES = Path(__file__).parents[2] / "docs/img"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"needs {CHROMIUM}: apt-get install chromium"),
]

Browse = Callable[..., Any]
Make = Callable[..., Served]


@pytest.fixture
def browse(tmp_path: Path) -> Iterator[Browse]:
    """Opens pages: `browse("dark")`. Whatever the console says against a page fails the test, as a broken policy would."""
    from playwright.sync_api import sync_playwright

    said: list[str] = []
    with sync_playwright() as playwright:

        def open_page(scheme: str = "light", **more: Any) -> Any:
            context = playwright.chromium.launch_persistent_context(
                tmp_path / f"profile-{time.monotonic_ns()}",
                executable_path=CHROMIUM,
                args=FLAGS,
                color_scheme=scheme,
                viewport={"width": 1440, "height": 900},
                **more,
            )
            page = context.pages[0]
            page.set_default_timeout(20_000)
            page.on("console", lambda message: said.append(message.text) if message.type in {"error", "warning"} else None)
            page.on("pageerror", lambda error: said.append(str(error)))
            return page

        yield open_page
    # That an answer was 4xx, or none came, is the browser's remark about it and not the page's fault.
    assert not [words for words in said if not words.startswith("Failed to load resource")]


def picture(page: Any, name: str, **how: Any) -> None:
    """For docs/img, where pictures are wanted."""
    if os.environ.get("SW_SCREENSHOTS"):
        page.screenshot(path=PICTURES / name, **how)


def live(page: Any) -> None:
    """Wait until the page follows the log."""
    page.locator("#live[data-state=on]").wait_for()


def test_pausing_by_clicking(served: Make, store: EventStore, browse: Browse) -> None:
    """From the list to PAUSED: the dialog asks why, the page shows each step as it is proved, and the log has it all."""
    story = fill(store)
    web = served()
    page = browse()
    page.goto(web.url)
    page.locator("#job-orders_big").get_by_text("Pause…").click()
    dialog = page.locator("#dialog")
    dialog.get_by_label("Reason").fill("warehouse maintenance CHG-4711")
    dialog.get_by_label("For", exact=True).fill("30m")
    before = store.head().seq
    dialog.get_by_text("Pause it").click()
    page.wait_for_url("**/jobs/orders_big?command=*")
    page.locator(".hero .pill.pausing").wait_for()
    assert "accepted as event" in page.locator(".became").inner_text()
    asked = store.read(before)[0]
    assert (type(asked.event).__name__, asked.actor, asked.channel) == ("PauseRequested", "web", "http")
    assert asked.event.reason == "warehouse maintenance CHG-4711"  # type: ignore[union-attr]
    live(page)
    story.ack("orders_big", 9001)
    # Without a click or a reload.
    page.locator(".hero .pill.paused").wait_for()
    assert "JobPaused" in page.locator("#story li").nth(0).inner_text()
    assert "lets go in 29m" in page.locator("#holds").inner_text()
    page.locator("#holds").get_by_text("Release…").click()
    dialog.get_by_text("Resume it").click()
    page.locator(".hero .pill.resuming").wait_for()
    assert [type(one.event).__name__ for one in store.read(before)][-2:] == ["JobPaused", "ResumeRequested"]


def test_a_rule_by_clicking(served: Make, store: EventStore, browse: Browse) -> None:
    """Set in the dialog; what it sees of a job is shown anew once that was observed, without an event."""
    story = Story(store)
    story.run("a")
    web = served()
    page = browse()
    page.goto(f"{web.url}/policy")
    page.get_by_text("Add a rule…").click()
    dialog = page.locator("#dialog")
    for label, words in {"Name": "far", "Holds at": "1000", "Well again at": "10", "Reason": "call the data team"}.items():
        dialog.get_by_label(label).fill(words)
    dialog.get_by_label("Watches").select_option("lag")
    dialog.get_by_text("Set it").click()
    page.locator("#rule-far").get_by_text("unknown").wait_for()
    live(page)
    story.observe("a", 5000, 1.0)
    web.app.state.web.observer.watch(["a"])
    page.locator("#rule-far").get_by_text("would hold it").wait_for()
    assert store.policy().rules == (Rule("far", "lag", 1000, 10, reason="call the data team"),)


def test_a_refusal_in_the_dialog(served: Make, store: EventStore, browse: Browse) -> None:
    """It stays open, says why, keeps what was typed; Escape leaves without a trace."""
    Story(store).run("a")
    web = served()
    page = browse()
    page.goto(f"{web.url}/jobs/a")
    page.keyboard.press("p")
    dialog = page.locator("#dialog")
    dialog.get_by_label("Reason").fill("my words")
    dialog.get_by_label("For", exact=True).fill("soon")
    before = store.head()
    dialog.get_by_text("Pause it").click()
    dialog.get_by_role("alert").wait_for()
    assert "no length of time" in dialog.inner_text()
    assert dialog.get_by_label("Reason").input_value() == "my words"
    page.keyboard.press("Escape")
    dialog.wait_for(state="hidden")
    assert store.head() == before


def test_by_keyboard(served: Make, store: EventStore, browse: Browse) -> None:
    """Search, walk, open, ask for the keys, go back: without a mouse."""
    fill(store)
    web = served()
    page = browse()
    page.goto(web.url)
    page.keyboard.press("/")
    page.keyboard.type("payments")
    page.locator("table.jobs tbody tr").nth(1).wait_for(state="detached")
    page.keyboard.press("Enter")
    live(page)
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url("**/jobs/payments_dedupe")
    page.keyboard.press("?")
    page.locator("#keys").wait_for()
    page.keyboard.press("Escape")
    page.keyboard.press("g")
    page.wait_for_url(f"{web.url}/")


def test_keys_keep_to_their_row(served: Make, store: EventStore, browse: Browse) -> None:
    """A key asks about the chosen job and about no other: also after a refresh; nothing if none is, or it is illegal."""
    story = fill(store)
    web = served()
    page = browse()
    page.goto(web.url)
    live(page)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url.removeprefix(web.url)) if "/jobs/" in request.url else None)
    for key in "prs":
        page.keyboard.press(key)
    page.locator("#job-orders_big th a").focus()
    page.locator("#job-orders_big.at").wait_for()
    story.ack("clicks_filter")
    page.locator("#job-clicks_filter .pill.paused").wait_for()
    assert page.locator("tr.at").get_attribute("data-name") == "orders_big"
    page.keyboard.press("r")  # it runs
    page.keyboard.press("p")
    dialog = page.locator("#dialog")
    dialog.get_by_text("Pause it").wait_for()
    assert "orders_big" in dialog.locator("h1").inner_text()
    page.locator("#dialog h1").click()
    page.keyboard.press("s")  # a dialog is open
    page.keyboard.press("Escape")
    page.keyboard.press("s")
    dialog.get_by_text("Stop it").wait_for()
    assert "orders_big" in dialog.locator("h1").inner_text()
    assert asked == ["/jobs/orders_big/pause", "/jobs/orders_big/stop"]


def test_lines_by_time(served: Make, store: EventStore, browse: Browse) -> None:
    """Without two looks there are words and no axes; the past is drawn too, though the stream was faster than it."""
    story = Story(store)
    story.run("a")
    web = served()
    page = browse()
    held: list[Any] = []
    page.route("**/observations", lambda route: held.append(route))
    story.observe("a", 5, 1.0)
    page.goto(f"{web.url}/jobs/a")
    live(page)
    page.locator("#chart-lag").get_by_text("one look").wait_for()
    assert page.locator("#charts canvas").count() == 0
    at = [f"2026-01-01T00:00:0{n}Z" for n in range(3)]
    points = [{"job": "a", "at": one, "lag": n, "records_per_s": None} for n, one in enumerate(at)]
    held[0].fulfill(json={"interval_s": 2, "observations": points})
    page.locator("#chart-lag canvas").wait_for()
    assert page.locator("#chart-rate canvas").count() == 0


def test_a_paused_job_is_looked_at_anew(served: Make, store: EventStore, browse: Browse) -> None:
    """Its partitions and its lag move together with what is seen, without an event."""
    story = Story(store)
    story.run("a")
    story.pause("a")
    story.observe("a", 0, 0.0)
    web = served()
    page = browse()
    page.goto(f"{web.url}/jobs/a")
    live(page)
    page.locator("#offsets tbody tr").nth(3).wait_for()
    story.observe("a", 400, 0.0)
    web.app.state.web.observer.watch(["a"])
    page.locator("#lag-now").get_by_text("400").wait_for()
    assert [row.locator("td").nth(3).inner_text() for row in page.locator("#offsets tbody tr").all()] == ["100"] * 4


def test_nothing_ticked(served: Make, store: EventStore, browse: Browse) -> None:
    """The buttons wait for a tick, also after a refresh; of several jobs the plan says they."""
    story = fill(store)
    web = served()
    page = browse()
    page.goto(web.url)
    live(page)
    button = page.locator(".bulk button").first
    assert button.is_disabled()
    story.ack("clicks_filter")
    page.locator("#job-clicks_filter .pill.paused").wait_for()
    assert button.is_disabled()
    for job in ("orders_big", "customers_clean"):
        page.locator(f"#job-{job} input").check()
    assert page.locator("#chosen").inner_text() == "2 chosen:"
    button.click()
    page.get_by_text("Pause them").wait_for()
    assert "they take nothing more" in page.locator("#ask").inner_text()


def test_what_the_reader_does_outlives_a_refresh(served: Make, store: EventStore, browse: Browse) -> None:
    """An open fold and a tick stay while the page around them changes."""
    story = fill(store)
    web = served()
    page = browse()
    page.goto(f"{web.url}/jobs/payments_dedupe")
    live(page)
    page.locator("#story .acks > details > summary").nth(0).click()
    page.locator("#facts summary").click()
    story.say("payments_dedupe", Pause("a third reason", "third"))
    page.locator("#holds").get_by_text("a third reason").wait_for()
    assert page.locator("#story .acks > details").nth(0).get_attribute("open") is not None
    assert page.locator("#facts pre.sql").is_visible()
    page.goto(web.url)
    live(page)
    page.locator("#job-audit_copy input").check()
    story.ack("clicks_filter")
    page.locator("#job-clicks_filter .pill.paused").wait_for()
    assert page.locator("#job-audit_copy input").is_checked()


def test_coming_back_after_a_lost_connection(served: Make, store: EventStore, browse: Browse) -> None:
    """What happened while nothing came through is shown once it does."""
    story = Story(store)
    story.run("a")
    web = served()
    page = browse()
    page.goto(f"{web.url}/jobs/a")
    live(page)
    page.route("**/jobs/a*", lambda route: route.abort())
    with page.expect_event("requestfailed"):
        story.pause("a")
    assert page.locator(".hero .pill.running").is_visible()
    page.unroute("**/jobs/a*")
    page.locator(".hero .pill.paused").wait_for()


def test_reading_without_javascript(served: Make, store: EventStore, browse: Browse) -> None:
    """State, reason and story can be read, and even a pause be asked for, with every script switched off."""
    fill(store)
    web = served()
    page = browse(java_script_enabled=False)
    page.goto(f"{web.url}/?q=e")
    page.locator("#job-payments_dedupe .pill.paused").wait_for()
    page.locator(".bulk button").first.click()
    page.get_by_text("Tick the jobs to pause first.").wait_for()
    page.get_by_text("Lag", exact=True).click()
    page.wait_for_url("**/?q=e&sort=lag&dir=desc")
    page.locator("#job-orders_big").get_by_text("Pause…").click()
    page.get_by_label("Reason").fill("no scripts here")
    page.get_by_text("Pause it").click()
    page.locator(".hero .pill.pausing").wait_for()
    assert store.read(store.head().seq - 1)[0].event.reason == "no scripts here"  # type: ignore[union-attr]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_in_both_schemes(served: Make, store: EventStore, browse: Browse, scheme: str) -> None:
    """With nothing to complain about; neither a window nor a phone scrolls sideways."""
    fill(store)
    Admin(store).set_window("nightly", "30 2 * * *", zone="Europe/Berlin", lasts_s=1800, reason="backup")
    Admin(store).set_rule("far-behind", "lag", upper=800, lower=10, selector="team=orders", reason="call the data team")
    web = served()
    page = browse(scheme)
    for path, name in (("/", "web-jobs"), ("/audit", "web-audit"), ("/jobs/payments_dedupe", ""), ("/policy", "web-policy")):
        page.set_viewport_size({"width": 1440, "height": 900})
        page.goto(web.url + path)
        live(page)
        background = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert (background == "rgb(14, 19, 24)") == (scheme == "dark")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        if name and (scheme == "light" or path == "/"):
            picture(page, f"{name}.png" if scheme == "light" else f"{name}-dark.png", full_page=path == "/")
        page.set_viewport_size({"width": 420, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{path} scrolls sideways on a phone"
