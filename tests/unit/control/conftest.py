"""At the end of the session: every row of the transition table was taken by a decision under test, or the run fails."""

from pathlib import Path

import pytest
from tests.unit.control.given import TAKEN

from slackwater.core.transition_table import JOB_TRANSITIONS

HERE = Path(__file__).parent


def _whole_folder_ran(session: pytest.Session) -> bool:
    """A run of one file or of `-k pause` says nothing about the table."""
    ran = {item.path for item in session.items}
    config = session.config
    narrowed = config.getoption("keyword") or config.getoption("markexpr") or any("::" in arg for arg in config.args)
    return not narrowed and ran.issuperset(HERE.glob("test_*.py"))


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Fail a session that was green but left a row untaken."""
    untaken = [row for row in JOB_TRANSITIONS if row not in TAKEN]
    if exitstatus == pytest.ExitCode.OK and untaken and not session.config.option.collectonly and _whole_folder_ran(session):
        rows = "\n".join(f"  {row.source} --{row.event}--> {row.target}" for row in untaken)
        print(f"\nrows of core/transition_table.py that no test of tests/unit/control took:\n{rows}")
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
