"""The demo as a newcomer sees it: it works twice in a row and leaves nothing behind."""

import json
import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest


@pytest.mark.slow
@pytest.mark.kafka
def test_demo_twice(tmp_path: Path) -> None:
    """Exit 0 and the last line only if it counted so; no process and no file is left, so the second run works too."""
    env = {**os.environ, "TMPDIR": str(tmp_path)}
    for how in ([], ["--output", "json"]):
        command = [sys.executable, "-m", "slackwater", "demo", *how]
        done = subprocess.run(command, env=env, cwd=tmp_path, capture_output=True, text=True, timeout=240)
        assert done.returncode == 0, done.stdout + done.stderr
        told = done.stderr if how else done.stdout
        assert told.strip().endswith("nothing skipped, nothing twice")
        assert "(+0)" in told
        if how:
            found = json.loads(done.stdout)
            assert (found["skipped"], found["too_many"], found["seen"]) == (0, 0, found["expected"])
        assert list(tmp_path.iterdir()) == []
    left = [process.cmdline() for process in psutil.process_iter() if str(tmp_path) in " ".join(_command_line(process))]
    assert left == []


def _command_line(process: psutil.Process) -> list[str]:
    try:
        return list(process.cmdline())
    except psutil.Error:
        return []


@pytest.mark.slow
@pytest.mark.kafka
def test_dev_is_found_and_ends_clean(tmp_path: Path) -> None:
    """`dev` is found by commands beside it without any setting, also by one typed before the job runs, which ends nothing;
    SIGINT drains it and leaves no process."""
    import signal
    import time

    dev = subprocess.Popen(
        [sys.executable, "-m", "slackwater", "dev"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:

        def reads(word: str) -> None:
            said = ""
            while word not in said:
                line = dev.stdout.readline()  # type: ignore[union-attr]
                assert line, said
                said += line

        def types(*arguments: str) -> "subprocess.CompletedProcess[str]":
            said = [sys.executable, "-m", "slackwater", *arguments]
            return subprocess.run(said, cwd=tmp_path, capture_output=True, text=True, timeout=90)

        reads("  try ")
        until = time.monotonic() + 60
        while (done := types("pause", "orders_big", "--reason", "lunch")).returncode:
            assert time.monotonic() < until, done.stderr
        reads("Ctrl-C")
        for arguments in (["jobs"], ["resume", "orders_big", "--wait", "caught-up"]):
            done = types(*arguments)
            assert done.returncode == 0, done.stderr
        time.sleep(0.2)
    finally:
        dev.send_signal(signal.SIGINT)
        try:
            rest, _ = dev.communicate(timeout=90)
        finally:
            dev.kill()
    assert "Traceback" not in rest
    assert dev.returncode == 0
    assert not (tmp_path / ".slackwater" / "house.toml").exists()


@pytest.mark.slow
@pytest.mark.kafka
def test_two_houses_at_once(tmp_path: Path) -> None:
    """Each has ports of its own, whoever took the default ones between a look and a start."""
    import signal

    devs = []
    for name in "ab":
        (tmp_path / name).mkdir()
        dev = [sys.executable, "-m", "slackwater", "dev"]
        out = subprocess.PIPE
        devs.append(subprocess.Popen(dev, cwd=tmp_path / name, stdout=out, stderr=subprocess.STDOUT, text=True))
    try:
        told = []
        for dev in devs:
            said = ""
            while "Ctrl-C" not in said:
                line = dev.stdout.readline()  # type: ignore[union-attr]
                assert line, said
                said += line
            told.append({line.split()[0]: line.split()[-1] for line in said.splitlines() if "http://" in line})
        assert [sorted(one) for one in told] == [["metrics", "web"]] * 2
        assert told[0]["metrics"] != told[1]["metrics"]
        assert told[0]["web"] != told[1]["web"]
    finally:
        for dev in devs:
            dev.send_signal(signal.SIGINT)
        for dev in devs:
            try:
                dev.communicate(timeout=90)
            finally:
                dev.kill()
    assert [dev.returncode for dev in devs] == [0, 0]
