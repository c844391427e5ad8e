"""dev: the demo's house, left running, for trying things out from a second terminal."""

import time
from pathlib import Path
from typing import Final

from rich.console import Console

from slackwater import __version__

from .api import Admin
from .cli.render import busy
from .demo import JOB, example_sql
from .errors import Refused, Timeout
from .house import LOOPBACK, House, OrderStream, end_on_signals

METRICS_PORT: Final = 9464
"""Where exporters of OpenTelemetry are looked for too; the next free one if it is taken."""
WEB_PORT: Final = 8321
"""The next free one if it is taken."""


def run_dev(directory: Path, rate: int) -> None:
    """Until Ctrl-C. Log, topics and job are kept in `directory`; a second run goes on where the first stopped."""
    end_on_signals()
    console = Console()
    file = directory / "house.toml"
    with House(directory) as house:
        with busy("starting Apache Kafka, log, worker and web page …"):
            house.start_broker()
            house.open_log()
            metrics_port, web_port = house.start_worker(METRICS_PORT), house.start_web(WEB_PORT)
        file.write_text(f'log = "{house.log}"\nkafka = "{house.kafka}"\n', "utf-8")
        try:
            _greet(console, house, rate, metrics_port, web_port)
            orders = OrderStream(house.connection, rate, seed=int(time.time()))
            with Admin.connect(house.log, house.kafka, actor="dev") as admin:
                admin.deploy_job(JOB, None, example_sql(), reason="dev")
                if admin.get_job_status(JOB).state in {"DEPLOYED", "STOPPED"}:
                    console.print(_start(admin), highlight=False)
                if rate > 0:
                    orders.start()
                console.print("Ctrl-C stops everything")
                try:
                    while True:
                        house.check()
                        time.sleep(0.5)
                finally:
                    orders.stop()
        except KeyboardInterrupt:
            console.print("\ndraining and stopping …")
        finally:
            file.unlink(missing_ok=True)


def _start(admin: Admin) -> str:
    """What came of it. Whoever is at the second terminal already may have moved the job meanwhile: that ends no house."""
    try:
        result = admin.start_job(JOB, timeout=60)
    except (Refused, Timeout) as error:
        return error.message
    return f"✔ {JOB}  {result.state}  {result.took_s:.1f} s"


def _greet(console: Console, house: House, rate: int, metrics_port: int, web_port: int) -> None:
    console.print(f"Slackwater {__version__} · development mode, not for production", highlight=False)
    for label, text in (
        ("event log", f"{house.log}   kept between runs"),
        ("broker", f"Apache Kafka {house.kafka}   kept between runs in {house.directory}/kafka"),
        ("web page", f"http://{LOOPBACK}:{web_port}/"),
        ("metrics", f"http://{LOOPBACK}:{metrics_port}/metrics"),
        ("orders", f"{rate} records/s on the topic orders"),
        ("try", f"slackwater jobs · slackwater pause {JOB} --reason lunch · slackwater resume {JOB}"),
    ):
        console.print(f"  {label:<10}{text}", highlight=False, soft_wrap=True)
