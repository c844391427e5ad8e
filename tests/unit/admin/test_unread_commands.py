"""What a command line says that cannot be read is recorded once, like any refusal; of a dry run nothing is."""

import pytest

from slackwater.persistence.store import EventStore

from .conftest import Run

REFUSALS = "SELECT job_id, code FROM refusals"


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("rule", "add", "r", "--metric", "lag", "--upper", "5", "--lower", "1", "--for", "soon"), "bad_policy"),
        (("rule", "add", "r", "--metric", "lag", "--upper", "5", "--lower", "1", "--release-after", "soon"), "bad_policy"),
        (("window", "add", "w", "--cron", "0 5 * * *", "--for", "soon"), "bad_policy"),
        (("pause", "-l", "team=("), "bad_selector"),
    ],
)
def test_recorded_once(run: Run, store: EventStore, words: tuple[str, ...], code: str) -> None:
    """One row in `refusals`, exit code 2, no event."""
    before = store.head().seq
    assert run(*words).code == 2
    assert [found for _, found in store.query(REFUSALS).rows] == [code]
    assert store.head().seq == before


def test_a_dry_run_is_not(run: Run, store: EventStore) -> None:
    """It says what is wrong, and leaves nothing."""
    assert run("pause", "-l", "team=(", "--dry-run").code == 2
    assert store.query(REFUSALS).rows == ()
