"""Lag and rate as live lines, on a real Kafka with a real worker, in a real Chromium."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.rig.workers import Rig
from tests.web.conftest import Served
from tests.web.test_chromium import Browse, browse, live, picture, pytestmark

from slackwater.admin.web.settings import web_settings

__all__ = ["browse", "pytestmark"]


@pytest.fixture
def rig(kafka: Any, tmp_path: Path) -> Iterator[Rig]:
    made = Rig(kafka.bootstrap, f"sqlite:///{tmp_path}/log.db", tmp_path)
    made.job = "payments_dedupe"
    yield made
    made.close()


def test_lag_climbs_while_it_is_held(rig: Rig, browse: Browse) -> None:
    """The page draws what Kafka says: still at 0 while it runs, up with every record once it is held, down again after."""
    rig.worker()
    rig.deploy_and_start()
    with Served(rig.admin.store, web_settings("127.0.0.1", 0), rig.connection) as web:
        page = browse()
        page.goto(f"{web.url}/jobs/{rig.job}")
        live(page)
        rig.produce(300)
        rig.wait_caught_up()
        time.sleep(6)
        rig.admin.pause_job(rig.job, reason="warehouse maintenance CHG-4711", for_s=3600, timeout=60)
        page.locator(".hero .pill.paused").wait_for()
        for _ in range(8):
            rig.produce(400)
            time.sleep(2)
        lag = page.locator("#lag-now")
        rig.wait_for(lambda: lag.inner_text() == "3,200", "the page to say how many wait")
        assert page.locator("#chart-lag canvas").count() == page.locator("#chart-rate canvas").count() == 1
        assert page.locator("#rate-now").inner_text() == "0"
        assert page.locator("#offsets tbody tr").count() == rig.partitions
        picture(page, "web-job.png", full_page=True)
        rig.admin.resume_job(rig.job, reason="done", timeout=60)
        rig.wait_for(lambda: lag.inner_text() == "0", "the page to say that none does")
