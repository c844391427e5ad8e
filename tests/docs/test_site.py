"""The site has every page, and the folders that llms.txt and the README send people to."""

from typing import Any

import pytest
import yaml

from .blocks import ROOT


def _pages(nav: Any) -> list[str]:
    if isinstance(nav, str):
        return [nav]
    inner = nav if isinstance(nav, list) else list(nav.values())
    return [page for one in inner for page in _pages(one)]


def test_every_page_has_its_place() -> None:
    """Each page of docs/ is in the site's navigation once, and nothing that is not there: see mkdocs.yml."""
    listed = _pages(yaml.safe_load((ROOT / "mkdocs.yml").read_text("utf-8"))["nav"])
    there = {path.relative_to(ROOT / "docs").as_posix() for path in (ROOT / "docs").rglob("*.md")}
    assert set(listed) == there
    assert len(listed) == len(set(listed))


@pytest.mark.parametrize(("first", "prefix"), [("docs/index.md", ""), ("llms.txt", "docs/")])
def test_every_page_is_reached_from_the_first(first: str, prefix: str) -> None:
    """Where people begin, and where programs do, there is a link to every page but decisions."""
    text = (ROOT / first).read_text("utf-8")
    pages = [path.relative_to(ROOT / "docs").as_posix() for path in (ROOT / "docs").rglob("*.md")]
    missing = [page for page in pages if not page.startswith(("index.", "decisions/")) and f"]({prefix}{page})" not in text]
    assert not missing
