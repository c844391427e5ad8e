"""The command line starts fast: what a verb does not need is not imported."""

import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = {"opentelemetry", "faust", "duckdb", "alembic", "fastapi", "confluent_kafka", "pyarrow", "sqlglot"}
PROBE = """
import sys
sys.argv = {argv!r}
from slackwater.admin.cli import main
try:
    main()
except SystemExit as end:
    print("exit", end.code, file=sys.stderr)
print(sorted({heavy!r} & set(sys.modules)), file=sys.stderr)
"""


@pytest.mark.parametrize(("argv", "code"), [(["slackwater", "--help"], 0), (["slackwater", "pause", "ghost"], 4)])
def test_imports_nothing_heavy(argv: list[str], code: int, tmp_path: Path) -> None:
    """`--help` and `pause` import neither Faust, DuckDB, Alembic, FastAPI nor any Kafka client."""
    url = f"sqlite:///{tmp_path}/log.db"
    made = [sys.executable, "-m", "slackwater", "db", "upgrade", url]
    assert subprocess.run(made, capture_output=True, cwd=tmp_path).returncode == 0
    probe = PROBE.format(argv=[argv[0], "--log", url, *argv[1:]] if argv[1:] != ["--help"] else argv, heavy=HEAVY)
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, cwd=tmp_path)
    assert f"exit {code}" in done.stderr
    assert done.stderr.strip().splitlines()[-1] == "[]"
