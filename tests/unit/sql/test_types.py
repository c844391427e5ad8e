"""Types, and what goes together."""

import pytest

from slackwater.core.sql.types import common, decimal_of, fits, type_of


@pytest.mark.parametrize(
    ("name", "parameters", "kind"),
    [
        ("int", (), "INTEGER"), ("String", (), "VARCHAR"), ("float", (), "DOUBLE"), ("DECIMAL", (), "DECIMAL(18,3)"),
        ("NUMERIC", (5,), "DECIMAL(5,0)"), ("DECIMAL", (38, 38), "DECIMAL(38,38)"), ("DECIMAL", (39, 0), None),
        ("DECIMAL", (2, 3), None), ("DECIMAL", (0, 0), None), ("DECIMAL", (5, -1), None), ("DECIMAL", (5, 1, 1), None),
        ("VARCHAR", (10,), None), ("BLOB", (), None), ("", (), None),
    ],
)  # fmt: skip
def test_spellings(name: str, parameters: tuple[int, ...], kind: str | None) -> None:
    """The list of types is closed: what is not on it is no type, not even with a length."""
    assert type_of(name, parameters) == kind


@pytest.mark.parametrize(
    ("left", "right", "both"),
    [
        ("INTEGER", "BIGINT", "BIGINT"), ("BIGINT", "DOUBLE", "DOUBLE"), ("DECIMAL(10,2)", "BIGINT", "DECIMAL(38,2)"),
        ("DECIMAL(10,2)", "DECIMAL(5,4)", "DECIMAL(38,4)"), ("DECIMAL(10,2)", "DOUBLE", "DOUBLE"),
        ("DATE", "TIMESTAMP", "TIMESTAMP"),
        ("NULL", "VARCHAR", "VARCHAR"), ("VARCHAR", "BIGINT", None), ("BOOLEAN", "INTEGER", None), ("DATE", "VARCHAR", None),
    ],
)  # fmt: skip
def test_common(left: str, right: str, both: str | None) -> None:
    """Numbers widen, a day is a time, NULL fits everywhere; text and numbers never meet without a CAST."""
    assert common(left, right) == common(right, left) == both


def test_kinds() -> None:
    """A DECIMAL is a number and not an integer."""
    assert fits("DECIMAL(4,2)", "number")
    assert not fits("DECIMAL(4,2)", "integer")
    assert decimal_of("DECIMAL(4,2)") == (4, 2)
    assert decimal_of("DOUBLE") is None
