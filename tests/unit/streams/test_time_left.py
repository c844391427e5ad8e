"""Time left: a worker whose Faust, or whose log, does not come to an end."""

import subprocess
import sys

HANGS = """
import asyncio, threading
from slackwater.streams.time_left import TimeLeft

async def main():
    left = TimeLeft(0.2, code=3)
    await left.start()
    await left.stop()

asyncio.run(main())
threading.Thread(target=threading.Event().wait).start()  # as an executor's thread that waits for an answer
"""


def test_it_ends_whatever_hangs() -> None:
    """From the stop on the process has so many seconds, whichever thread still waits; it says so."""
    done = subprocess.run([sys.executable, "-c", HANGS], capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 3
    assert "ends all the same" in done.stderr + done.stdout
