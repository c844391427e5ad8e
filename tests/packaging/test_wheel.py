"""The folders at the root and what is installed from them are the same thing."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src/slackwater"
FOLDERS = ("admin", "core", "migrations", "persistence", "streams")
LEFT_OUT = {".git", ".venv", "build", "dist", "__pycache__", ".slackwater", ".hypothesis"}


def test_links() -> None:
    """src/slackwater holds one relative link for each root folder, and no copy of any."""
    links = {path.name: os.readlink(path) for path in PACKAGE.iterdir() if path.is_symlink()}
    assert links == {folder: f"../../{folder}" for folder in FOLDERS}
    real = {path.name for path in PACKAGE.iterdir() if not path.is_symlink()} - {"__pycache__"}
    assert real == {"__init__.py", "__main__.py", "py.typed"}
    for folder in FOLDERS:
        assert (PACKAGE / folder).resolve() == ROOT / folder


def test_root_folders_are_not_installed() -> None:
    """`import core` from anywhere but the root finds nothing of ours."""
    probe = "import importlib.util as u, sys; sys.exit(any(u.find_spec(n) for n in sys.argv[1:]))"
    found = subprocess.run([sys.executable, "-c", probe, *FOLDERS], cwd=ROOT / "docs", check=False)
    assert found.returncode == 0


def _payload(folder: Path) -> set[str]:
    """What of a root folder belongs into the wheel: everything but what Python made there."""
    return {
        f"slackwater/{folder.name}/{path.relative_to(folder).as_posix()}"
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """sdist from a copy of the checkout, wheel from that sdist: the way a package index gets it."""
    copy = tmp_path_factory.mktemp("checkout") / "slackwater"
    shutil.copytree(ROOT, copy, symlinks=True, ignore=shutil.ignore_patterns(*LEFT_OUT, "*.egg-info", ".*_cache"))
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(copy / "out"), str(copy)]
    built = subprocess.run(command, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stdout + built.stderr
    (made,) = (copy / "out").glob("*.whl")
    return zipfile.ZipFile(made)


@pytest.mark.slow
def test_wheel_holds_the_folders(wheel: zipfile.ZipFile) -> None:
    """Every file of the root folders, code and data, is in the wheel, byte for byte, and nothing that is not there."""
    inside = {name for name in wheel.namelist() if ".dist-info/" not in name and not name.endswith("/")}
    expected = {"slackwater/__init__.py", "slackwater/__main__.py", "slackwater/py.typed"}
    for folder in FOLDERS:
        expected |= _payload(ROOT / folder)
    assert inside - expected == set(), "in the wheel, but not in the folders"
    assert expected - inside == set(), "in the folders, but missing from the wheel: see package-data in pyproject.toml"
    changed = [n for n in inside if wheel.read(n) != (ROOT / "src" / n).read_bytes()]
    assert not changed


@pytest.mark.slow
def test_wheel_has_one_top_level_name(wheel: zipfile.ZipFile) -> None:
    """Nobody's site-packages may get a `core`."""
    tops = {name.split("/")[0] for name in wheel.namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"slackwater"}


@pytest.mark.slow
def test_wheel_runs_by_itself(wheel: zipfile.ZipFile, tmp_path: Path) -> None:
    """Unpacked elsewhere it is imported from there, and not from the checkout."""
    wheel.extractall(tmp_path)
    probe = "import slackwater.core.decide as d; print(d.__file__)"
    env = {**os.environ, "PYTHONPATH": str(tmp_path)}
    shown = subprocess.run([sys.executable, "-c", probe], cwd=tmp_path, env=env, capture_output=True, text=True, check=True)
    assert Path(shown.stdout.strip()).is_relative_to(tmp_path)
