"""Runs a contender that is not ours: a script, in an environment of its own where it needs one."""

import os
import re
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

SCRIPTS = Path(__file__).parent / "foreign"
CACHE = Path(tempfile.gettempdir()) / "slackwater-bench-envs"


def run(script: str, bootstrap: str, count: int, *packages: str) -> float | str:
    """Seconds the script measured, or in a few words why there is no figure."""
    try:
        python = _python(script, packages) if packages else sys.executable
        command = [python, str(SCRIPTS / f"{script}.py"), bootstrap, str(count)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, stdin=subprocess.DEVNULL)
        return float(re.findall(r"\d+\.\d+", done.stdout)[-1])
    except (subprocess.SubprocessError, OSError, ValueError, IndexError) as error:
        return f"no figure: {type(error).__name__}"


def _python(name: str, packages: tuple[str, ...]) -> str:
    home = CACHE / name
    python = home / "bin" / "python"
    if not (home / "ready").exists():
        venv.create(home, with_pip=True, clear=True)
        subprocess.run([python, "-m", "pip", "install", "-q", *packages], check=True, timeout=280, env={**os.environ})
        (home / "ready").touch()
    return str(python)
