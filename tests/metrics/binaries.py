"""Prometheus' own programs, from the system's packages; where they are missing a test says so and is skipped."""

import shutil
import subprocess

import pytest


def promtool(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run it."""
    return subprocess.run([binary("promtool"), *arguments], capture_output=True, text=True, timeout=60)


def binary(name: str) -> str:
    """Its path; skips the test if there is none."""
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed: apt-get install prometheus")
    return found
