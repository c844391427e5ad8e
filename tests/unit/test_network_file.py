"""A SQLite log on a network file system is refused: its locks do not hold there."""

from pathlib import Path

import pytest

from slackwater.persistence import sqlite
from slackwater.persistence.errors import StoreRefused
from slackwater.persistence.network_file import network_file_system
from slackwater.persistence.open import open_store

MOUNTS = "/dev/sda1 / ext4 rw 0 0\nfiler:/x /mnt/share nfs4 rw 0 0\n/dev/sdb1 /mnt/share/local xfs rw 0 0\n"


@pytest.mark.parametrize(
    ("path", "kind"),
    [("/var/log.db", None), ("/mnt/share/a/log.db", "nfs4"), ("/mnt/share/local/log.db", None), ("/mnt/shared/l.db", None)],
)
def test_the_nearest_mount_counts(tmp_path: Path, path: str, kind: str | None) -> None:
    """The longest mount point that holds the path decides."""
    mounts = tmp_path / "mounts"
    mounts.write_text(MOUNTS)
    assert network_file_system(Path(path), mounts) == kind
    assert network_file_system(Path(path), tmp_path / "none") is None


def test_refused_at_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Opening says what to use instead."""
    monkeypatch.setattr(sqlite, "network_file_system", lambda _: "nfs4")
    with pytest.raises(StoreRefused, match="nfs4") as refused:
        open_store(f"sqlite:///{tmp_path}/log.db", create=True)
    assert refused.value.code == "network_file"
