"""The site has every page, and the folders that llms.txt and the README send people to."""

from typing import Any

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


def test_every_page_is_reached_from_the_first() -> None:
    """docs/index.md links to every page but decisions, of which it links to the first."""
    first = (ROOT / "docs/index.md").read_text("utf-8")
    pages = [path.relative_to(ROOT / "docs").as_posix() for path in (ROOT / "docs").rglob("*.md")]
    missing = [
        page for page in pages if page != "index.md" and not page.startswith("decisions/") and f"]({page})" not in first
    ]
    assert not missing
