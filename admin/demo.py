"""demo: watch a job being held still and let go, and count at the end what came of it."""

import json
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from rich.console import Console

from slackwater.streams.kafka_connection import KafkaConnection
from slackwater.streams.read_topic import read_committed

from .api import Admin
from .errors import SlackwaterError
from .house import House, OrderStream, end_on_signals

JOB: Final = "orders_big"
ORDERS_PER_S: Final = 2000
STILL_S: Final = 4.0
CATCH_UP_TIMEOUT_S: Final = 60.0


def example_sql() -> str:
    """The job that demo and dev run."""
    return files("slackwater.admin").joinpath("examples/orders_big.sql").read_text("utf-8")


@dataclass(frozen=True, slots=True)
class Counted:
    """What came of the demo, counted from input and output as Kafka has them."""

    orders: int
    expected: int
    seen: int
    skipped: int
    too_many: int
    events: int
    chain_intact: bool

    @property
    def is_exact(self) -> bool:
        """Nothing skipped, nothing twice, something there, and a log that is whole."""
        return self.expected > 0 and self.skipped == self.too_many == 0 and self.chain_intact


def run_demo(console: Console) -> Counted:
    """The whole story on a house of its own that is gone afterwards."""
    end_on_signals()
    with tempfile.TemporaryDirectory(prefix="slackwater-demo-") as directory, House(Path(directory)) as house:
        step = _Steps(console)
        with step("Apache Kafka, the real one, from a wheel"):
            house.start_broker()
        with step("event log: SQLite"):
            house.open_log()
        with step("one worker"):
            house.start_worker()
        orders = OrderStream(house.connection, ORDERS_PER_S)
        with Admin.connect(house.log, house.kafka, actor="you") as admin:
            try:
                orders.start()
                _tell(console, house, admin, step)
            finally:
                orders.stop()
            found = _prove(house.connection, admin)
            _tell_proof(console, admin, found)
            return found


def _tell(console: Console, house: House, admin: Admin, step: "_Steps") -> None:
    from .cli.carry_out import catch_up

    console.print(
        f"\n[dim]{example_sql().split('CREATE STREAM big')[1].join(['CREATE STREAM big', ''])}[/dim]", highlight=False
    )
    with step(f"deploy {JOB}, start it"):
        admin.deploy_job(JOB, None, example_sql(), reason="demo")
        house.check()
        admin.start_job(JOB, timeout=60)
    with step("let it run"):
        time.sleep(3)
    paused = admin.pause_job(JOB, reason="warehouse maintenance CHG-4711", timeout=60)
    cut = " ".join(str(offset) for _, _, offset in paused.cut)
    console.print(f"✔ PAUSED in {paused.took_s:.2f} s, nothing in flight, committed up to {cut}")
    _stand_still(console, house.connection, admin)
    resumed = admin.resume_job(JOB, reason="maintenance done", timeout=60)
    console.print(f"✔ RUNNING again in {resumed.took_s:.2f} s")
    catch_up(admin, JOB, CATCH_UP_TIMEOUT_S, console)


def _stand_still(console: Console, connection: KafkaConnection, admin: Admin) -> None:
    """Output still, lag climbing: both read from Kafka, not from the job."""
    first = _count(connection)
    until = time.monotonic() + STILL_S
    while time.monotonic() < until:
        time.sleep(1.0)
        now = _count(connection)
        console.print(f"  held still: {now:,} outputs ({now - first:+d}), {_lag(admin):,} orders waiting", highlight=False)
        if now != first:
            raise SlackwaterError("not_still", f"the output grew by {now - first} during the pause")


def _prove(connection: KafkaConnection, admin: Admin) -> Counted:
    """Read input and output back and compare: every expected output exactly once."""
    deadline = time.monotonic() + CATCH_UP_TIMEOUT_S
    while _lag(admin) > 0 and time.monotonic() < deadline:
        time.sleep(0.2)
    admin.stop_job(JOB, reason="demo over", timeout=60)
    read = [json.loads(message.value() or b"{}") for message in read_committed(connection, "orders")]
    expected = Counter(_expected(order) for order in read if order["amount"] > 100 and order["country"] != "XX")
    seen = Counter(_seen(json.loads(message.value() or b"{}")) for message in read_committed(connection, "big_orders"))
    skipped, too_many = sum((expected - seen).values()), sum((seen - expected).values())
    verdict = admin.verify()
    return Counted(len(read), sum(expected.values()), sum(seen.values()), skipped, too_many, verdict.events, verdict.ok)


def _tell_proof(console: Console, admin: Admin, found: Counted) -> None:
    """The history as a table, and what was counted."""
    from .cli.app import Output
    from .cli.look import write_history

    console.print()
    if not console.stderr:
        write_history(admin, JOB, Output.TABLE)
    console.print(f"\n{found.orders:,} orders in, {found.expected:,} outputs expected, {found.seen:,} seen", highlight=False)
    chain = "intact" if found.chain_intact else "BROKEN"
    console.print(f"{found.events} events in the log, hash chain {chain}", highlight=False)
    if found.is_exact:
        console.print("[green]✔ nothing skipped, nothing twice[/green]")
    else:
        console.print(f"[red]✘ {found.skipped} skipped, {found.too_many} too many[/red]", highlight=False)


def _expected(order: dict[str, Any]) -> tuple[Any, ...]:
    """What the job must write for an order, computed here in Python and not by the engine."""
    size = "large" if order["amount"] > 800 else "medium"
    return order["order_id"], order["customer"].upper(), order["amount"] * 1.19, size


def _seen(output: dict[str, Any]) -> tuple[Any, ...]:
    return output["order_id"], output["customer"], output["gross"], output["size"]


def _count(connection: KafkaConnection) -> int:
    return sum(1 for _ in read_committed(connection, "big_orders"))


def _lag(admin: Admin) -> int:
    state = admin.kafka_state(JOB)
    return (state.current_lag or 0) if state else 0


class _Steps:
    """Says what is being done, and that it is done and how long it took."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def __call__(self, what: str) -> "_Step":
        return _Step(self._console, what)


class _Step:
    def __init__(self, console: Console, what: str) -> None:
        self._console = console
        self._what = what
        self._status = console.status(what)

    def __enter__(self) -> None:
        self._began = time.monotonic()
        self._status.start()

    def __exit__(self, kind: object, *_: object) -> None:
        self._status.stop()
        if kind is None:
            self._console.print(f"✔ {self._what}  [dim]{time.monotonic() - self._began:.1f} s[/dim]", highlight=False)
