"""The order of a table's rows. It stands in the address, so it needs no script and can be passed on."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from numbers import Real
from typing import Annotated, Any, Final, Literal, TypeVar

from fastapi import Query

Way = Literal["asc", "desc"]
Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Order:
    """`column` is empty where rows stand as they came."""

    column: str = ""
    way: Way = "asc"

    @property
    def asked(self) -> dict[str, str]:
        """As parts of an address."""
        return {"sort": self.column, "dir": self.way} if self.column else {}

    def turned(self, column: str, first: Way = "asc") -> dict[str, str]:
        """What a click on the column's head asks for: its order, `first` this way and then the other."""
        other: Way = "desc" if self.way == "asc" else "asc"
        return Order(column, other if column == self.column else first).asked

    def said(self, column: str) -> str:
        """As `aria-sort` says it."""
        return {"asc": "ascending", "desc": "descending"}[self.way] if column == self.column else "none"

    def of(self, rows: Iterable[Row], value: Callable[[Row], Any]) -> list[Row]:
        """The rows in this order; those without a value come last, whichever way. Rows alike stay as they stood."""
        valued = [(value(row), row) for row in rows]
        known = [one for one in valued if one[0] is not None]
        known.sort(key=lambda one: _comparable(one[0]), reverse=self.way == "desc")
        return [row for _, row in known] + [row for found, row in valued if found is None]


AS_IT_CAME: Final = Order()


def order_of(sort: Annotated[str, Query(max_length=200)] = "", way: Annotated[Way, Query(alias="dir")] = "asc") -> Order:
    """The order that an address asks for."""
    return Order(sort, way)


def _comparable(value: Any) -> tuple[bool, Any]:
    """SQLite may give a number in one row and a text in the next: numbers come before all else."""
    is_text = not isinstance(value, Real) and not hasattr(value, "as_tuple")
    return is_text, str(value) if is_text else value
