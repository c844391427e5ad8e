"""The command line starts fast: what a verb does not need is not imported."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from slackwater.admin.cli.verbs import MODULE_OF

OTHERS = {f"slackwater.admin.cli.{module}" for module in MODULE_OF.values()} - {"slackwater.admin.cli.control"}
HEAVY = {"opentelemetry", "faust", "duckdb", "alembic", "fastapi", "confluent_kafka", "pyarrow", "sqlglot"}
PROBE = """
import sys
sys.argv = {argv!r}
from slackwater.admin.cli import main
try:
    main()
except SystemExit as end:
    print("exit", end.code, file=sys.stderr)
print(sorted({unwanted!r} & set(sys.modules)), file=sys.stderr)
"""
ADDED = """
import importlib, json, pkgutil, typer
from slackwater.admin import cli
from slackwater.admin.cli.app import app
from slackwater.admin.cli.verbs import MODULE_OF

found = {}
for module in dict.fromkeys([*MODULE_OF.values(), *(one.name for one in pkgutil.iter_modules(cli.__path__))]):
    importlib.import_module(f"{cli.__name__}.{module}")
    found.update({verb: module for verb in typer.main.get_group(app).commands if verb not in found})
print(json.dumps(found))
"""


@pytest.mark.parametrize(
    ("argv", "code", "unwanted"),
    [
        (["slackwater", "--help"], 0, HEAVY),
        (["slackwater", "pause", "ghost"], 4, HEAVY | OTHERS),
    ],
)
def test_imports_nothing_heavy(argv: list[str], code: int, unwanted: set[str], tmp_path: Path) -> None:
    """`--help` and `pause` import neither Faust, DuckDB, Alembic, FastAPI nor any Kafka client; `pause` no other verb."""
    url = f"sqlite:///{tmp_path}/log.db"
    made = [sys.executable, "-m", "slackwater", "db", "upgrade", url]
    assert subprocess.run(made, capture_output=True, cwd=tmp_path).returncode == 0
    probe = PROBE.format(argv=[argv[0], "--log", url, *argv[1:]] if argv[1:] != ["--help"] else argv, unwanted=unwanted)
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, cwd=tmp_path)
    assert f"exit {code}" in done.stderr
    assert done.stderr.strip().splitlines()[-1] == "[]"


def test_every_verb_is_entered() -> None:
    """Each module adds the verbs that are entered for it, and none adds another."""
    done = subprocess.run([sys.executable, "-c", ADDED], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == MODULE_OF
