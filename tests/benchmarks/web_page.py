"""How fast pages and lists answer with 1,000 jobs and 100,000 events: `python -m tests.benchmarks.web_page`."""

import json
import statistics
import tempfile
import time

import httpx
from sqlalchemy import create_engine, insert, update
from tests.web.serving import running
from tests.web.story import Story

from slackwater.admin.api import Admin
from slackwater.core.codec import event_text
from slackwater.core.control.pause import Pause
from slackwater.core.control.resume import Resume
from slackwater.persistence import tables as t
from slackwater.persistence.memory import MemoryStore
from slackwater.persistence.open import open_store
from slackwater.persistence.rows import event_row, job_row
from slackwater.persistence.store import EventStore

JOBS = 1000
EVENTS = 100_000
BUSY = "job-0500"
"""One job has a tenth of all events: a long past must not make its page slow."""
REPEATS = 30
PAGES = {
    "page of jobs": "/",
    "page of jobs, last": "/?page=10",
    "page of jobs by label": "/?selector=team%3Dteam-3",
    "page of a job": f"/jobs/{BUSY}",
    "audit page": "/audit",
    "GET /api/v1/jobs, 1000 of them": "/api/v1/jobs?page_size=1000",
    "GET /api/v1/jobs/{name}/history": f"/api/v1/jobs/{BUSY}/history?page_size=1000",
}


def fill(url: str) -> EventStore:
    """A thousand running jobs, and pauses and resumes until there are enough events.

    Told in memory and written in one transaction: a hundred thousand commits would be waited for on the disk.
    """
    store = MemoryStore()
    story = Story(store)
    names = [f"job-{n:04}" for n in range(JOBS)]
    for n, name in enumerate(names):
        story.run(name, 60, {"team": f"team-{n % 10}", "tier": str(n % 3)})
    for name in [BUSY] * (EVENTS // 80) + names * (EVENTS // 8 // JOBS):
        story.pause(name, 30, Pause("nightly maintenance"))
        story.say(name, Resume(), 29)
        story.ack(name, 2702, 29)
    for name in names[:120]:
        story.pause(name, 5, Pause("month end CHG-4711"))
    open_store(url, create=True).close()
    rows = [event_row(recorded, event_text(recorded.event)) for recorded in store.read(0, store.head().seq)]
    engine, head = create_engine(url), store.head()
    with engine.begin() as connection:
        connection.execute(insert(t.job), [job_row(job) for job in store.jobs()])
        connection.execute(insert(t.event), rows)
        connection.execute(update(t.chain).values(seq=head.seq, hash=head.hash))
    engine.dispose()
    return open_store(url)


def measure(address: str) -> dict[str, dict[str, float]]:
    """Milliseconds of each page or answer: median, and the slowest."""
    found = {}
    with httpx.Client(base_url=address, timeout=60) as client:
        for name, path in PAGES.items():
            times = []
            for _ in range(REPEATS):
                began = time.perf_counter()
                answer = client.get(path)
                times.append((time.perf_counter() - began) * 1000)
                assert answer.status_code == 200, answer.text
            found[name] = {"median_ms": round(statistics.median(times), 1), "slowest_ms": round(max(times), 1)}
    return found


def run() -> dict[str, object]:
    """The figures, on SQLite."""
    with tempfile.TemporaryDirectory(prefix="sw-web-") as directory:
        url = f"sqlite:///{directory}/log.db"
        store = fill(url)
        try:
            began = time.perf_counter()
            listed = len(Admin(store).list_jobs())
            list_ms = round((time.perf_counter() - began) * 1000, 1)
            sizes = {"jobs": listed, "events": store.head().seq, "list_jobs_ms": list_ms}
        finally:
            store.close()
        with running(url) as (_, address):
            return {**sizes, **measure(address)}


if __name__ == "__main__":
    print(json.dumps(run(), indent=1))
