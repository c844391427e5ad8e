"""A log with a past: jobs in every state, told by commands and workers' acks with times of their own. No Kafka needed."""

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from slackwater.core.commands import Command, Verb
from slackwater.core.control.ack import Ack
from slackwater.core.control.deploy import Deploy
from slackwater.core.control.fail import Fail
from slackwater.core.control.pause import Pause
from slackwater.core.control.resume import Resume
from slackwater.core.control.start import Start
from slackwater.core.control.stop import Stop
from slackwater.core.coverage import Stance
from slackwater.core.cut import cut_of
from slackwater.core.observation import VIGIL, Observation, PartitionLag, Seen, Worked
from slackwater.core.result import Result
from slackwater.core.spec import JobSpec
from slackwater.core.want import wanted
from slackwater.persistence.store import EventStore

SQL = """-- @name: {name}
CREATE STREAM orders (order_id BIGINT, customer VARCHAR, amount DOUBLE, country VARCHAR)
  WITH (topic = 'orders');

CREATE STREAM {name} WITH (topic = '{name}') AS
SELECT order_id, upper(customer) AS customer, amount * 1.19 AS gross
FROM orders
WHERE amount > 100 AND country <> 'XX';
"""


class Story:
    """Tells a log what happened, `minutes` before now."""

    def __init__(self, store: EventStore) -> None:
        self.store = store
        self.now = datetime.now(UTC)

    def say(self, job: str, verb: Verb, minutes: float = 0.0, actor: str = "ana", channel: str = "cli") -> Result:
        at = self.now - timedelta(minutes=minutes) if minutes else datetime.now(UTC)
        return self.store.handle(Command(uuid.uuid4().hex, job, verb, actor, channel, at, yes_protected=job))

    def ack(self, job: str, offset: int = 0, minutes: float = 0.0, workers: int = 2) -> None:
        """Every worker vouches for its half of four partitions, in the stance that is wanted."""
        for worker in range(workers):
            known = self.store.job(job)
            assert known is not None
            share = range(worker, 4, workers)
            offsets = cut_of({("orders", n): offset + 17 * n for n in share})
            verb = Ack(f"w-{worker + 1}", known.epoch, Stance(wanted(known).stance), offsets, {"orders": 4})
            self.say(job, verb, minutes, f"w-{worker + 1}", "worker")

    def deploy(self, job: str, minutes: float = 0.0, labels: Mapping[str, str] | None = None, actor: str = "ci") -> None:
        spec = JobSpec(SQL.format(name=job), "1", None, ("orders",), (job,), None, dict(labels or {}))
        self.say(job, Deploy(spec, reason="release 42"), minutes, actor)

    def run(self, job: str, minutes: float = 0.0, labels: Mapping[str, str] | None = None) -> None:
        """Deployed, started, running."""
        self.deploy(job, minutes, labels)
        self.say(job, Start(), minutes)
        self.ack(job, 0, minutes)

    def pause(self, job: str, minutes: float = 0.0, verb: Pause | None = None, actor: str = "ana") -> None:
        """Paused, with the proof."""
        self.say(job, verb or Pause(), minutes, actor)
        self.ack(job, 2702, minutes)

    def observe(self, job: str, lag: int, rate: float | None) -> None:
        """What the keeper of vigil and a worker would have written beside the log just now."""
        now, known = datetime.now(UTC), self.store.job(job)
        assert known is not None
        base = {place.partition: place.offset for place in known.cut}
        spread = [lag // 4 + (1 if n < lag % 4 else 0) for n in range(4)]
        places = tuple(PartitionLag("orders", n, base.get(n, 0), base.get(n, 0) + spread[n]) for n in range(4))
        told = [Observation(job, VIGIL, now, Seen(places))]
        if rate is not None:
            told.append(Observation(job, "w-1", now, Worked(now, records_per_s=rate)))
        self.store.observe(told)


def fill(store: EventStore) -> Story:
    """Nine jobs, each in another state or for another reason."""
    story = Story(store)
    payments, eu = {"team": "payments", "tier": "1"}, {"team": "finance", "zone": "eu"}
    story.run("orders_big", 2900, {"team": "orders", "tier": "1"})
    story.run("ledger_post", 2880, {**eu, "protected": "true"})
    story.run("customers_clean", 2500, {"team": "crm"})
    story.run("payments_dedupe", 1500, payments)
    story.pause("payments_dedupe", 320, Pause("late events from the bank"), "ben")
    story.say("payments_dedupe", Resume("bank has caught up"), 290, "ben")
    story.ack("payments_dedupe", 2702, 290)
    story.pause("payments_dedupe", 41, Pause("warehouse maintenance CHG-4711", until=story.now + timedelta(minutes=49)))
    story.say("payments_dedupe", Pause("new tax table", "deploy-42"), 12, "cleo", "http")
    story.run("returns_small", 700, {"team": "orders"})
    story.pause("returns_small", 30)
    story.say("returns_small", Resume("done"), 0.05)
    story.run("clicks_filter", 600, {"team": "web", "tier": "3"})
    story.say("clicks_filter", Pause("free the cluster for the month end", for_s=5400), 0.1, "ben")
    story.run("invoices_eu", 4000, eu)
    story.say("invoices_eu", Stop("replaced by ledger_post"), 1440)
    story.ack("invoices_eu", 9120, 1440)
    story.run("refunds_flag", 900, payments)
    job = store.job("refunds_flag")
    assert job is not None
    found = Fail("w-2", job.epoch, "poison_record", "orders[2] at 3118: amount is no number", job.cut)
    story.say("refunds_flag", found, 95, "w-2", "worker")
    story.deploy("audit_copy", 5, {"team": "web"})
    flow = {"orders_big": (3, 51.0), "ledger_post": (0, 12.4), "customers_clean": (41, 208.0), "returns_small": (912, 640.0)}
    still = {"payments_dedupe": (122_940, 0.0), "clicks_filter": (77, 0.0), "refunds_flag": (285_100, None)}
    for job_id, (lag, rate) in {**flow, **still}.items():
        story.observe(job_id, lag, rate)
    story.say("audit_copy", Resume(), 3, "ben", "topic")
    return story
