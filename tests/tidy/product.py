"""The product's own files, by the root folders they live in."""

import subprocess
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
FOLDERS: Final = ("core", "persistence", "migrations", "streams", "admin")


def modules() -> list[Path]:
    """Every module of the product."""
    return sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py"))


def name_of_path(path: Path) -> str:
    """As a reader of a test report writes it."""
    return path.relative_to(ROOT).as_posix()


def tracked() -> list[Path]:
    """Every file git knows of, or would take. Empty outside a checkout."""
    asked = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    found = subprocess.run(asked, cwd=ROOT, capture_output=True, check=False)
    paths = (ROOT / name for name in found.stdout.decode().split("\0") if name)
    return sorted(path for path in paths if path.is_file() and not path.is_symlink())
