"""How long: one spelling on every surface."""

import pytest

from slackwater.core.duration import duration_s, duration_text


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("30m", 1800), ("1h30m", 5400), ("7d", 604_800), (" 1D2h ", 93_600)]
)
def test_duration(text: str, seconds: int) -> None:
    """Units from large to small, each at most once."""
    assert duration_s(text) == seconds


@pytest.mark.parametrize("text", ["", "0s", "30", "m", "1m1h", "-5m", "1.5h", "٣m", "9" * 12 + "s"])
def test_no_duration(text: str) -> None:
    """Anything else is an error, never a guess."""
    with pytest.raises(ValueError, match="no length of time"):
        duration_s(text)


@pytest.mark.parametrize(("seconds", "text"), [(0.4, "0s"), (61, "1m 1s"), (86_400, "1d"), (93_784, "1d 2h")])
def test_text(seconds: float, text: str) -> None:
    """The two largest units that are not nothing."""
    assert duration_text(seconds) == text
