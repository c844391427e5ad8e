"""The small process between us and the broker: it ends the broker when the process that asked for it is gone.

Run as a script: `python kafka_keeper.py PARENT_PID GRACE_S COMMAND…`. Nothing from Slackwater is imported here, so
that it starts at once. Linux can signal a child when its parent dies, but means the parent's *thread*; a broker
started from a short-lived thread would die with it. So the keeper, which has one thread, asks for that signal on
behalf of the broker, and itself watches whether its own parent process is still the same.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys

_PR_SET_PDEATHSIG = 1
_LOOK_EVERY_S = 0.2


def _die_with_keeper() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def keep(parent_pid: int, grace_s: float, command: list[str]) -> int:
    """Run `command`, print its pid, and return its exit code once it ended; end it when the parent is gone.

    SIGTERM to the keeper is passed on. After that, or after the parent's death, the command has `grace_s` seconds to
    end by itself before it is killed.
    """
    stop_asked = False

    def ask_to_stop(_signum: int, _frame: object) -> None:
        nonlocal stop_asked
        stop_asked = True

    signal.signal(signal.SIGTERM, ask_to_stop)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=sys.stderr, preexec_fn=_die_with_keeper)
    try:
        print(child.pid, flush=True)
    except BrokenPipeError:
        stop_asked = True
    while not stop_asked and os.getppid() == parent_pid:
        try:
            return child.wait(timeout=_LOOK_EVERY_S)
        except subprocess.TimeoutExpired:
            continue
    child.terminate()
    try:
        return child.wait(timeout=grace_s)
    except subprocess.TimeoutExpired:
        child.kill()
        return child.wait()


if __name__ == "__main__":
    sys.exit(keep(int(sys.argv[1]), float(sys.argv[2]), sys.argv[3:]) != 0)
