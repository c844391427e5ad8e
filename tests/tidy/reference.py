"""The reference, made from the source: `python -m tests.tidy.reference` (`make reference`) writes them anew."""

from typing import Final

from . import events_page, fields_page, python_page, settings_page
from .asyncapi import document
from .product import ROOT

MADE: Final = {
    "docs/reference/python.md": python_page.page,
    "docs/reference/settings.md": settings_page.page,
    "docs/reference/events.md": events_page.page,
    "docs/reference/fields.md": fields_page.page,
    "admin/asyncapi.json": document,
}
"""File → what makes its text, but for the last line's end."""

if __name__ == "__main__":
    for name, make in MADE.items():
        (ROOT / name).write_text(make() + "\n", "utf-8")
