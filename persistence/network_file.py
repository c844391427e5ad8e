"""Is a file on a network file system? SQLite's locks do not hold there."""

import os
from pathlib import Path
from typing import Final

_NETWORK: Final = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "afs", "ceph", "lustre", "beegfs", "fuse.sshfs", "fuse.glusterfs", "fuse.s3fs"}
)


def network_file_system(path: Path, mounts: Path = Path("/proc/self/mounts")) -> str | None:
    """The kind of network file system that `path` is on; None if it is on none, or where nobody can tell."""
    try:
        rows = [line.split() for line in mounts.read_text("utf-8", "replace").splitlines()]
    except OSError:
        return None
    real = os.path.realpath(path)
    holding = [(row[1], row[2]) for row in rows if len(row) > 2 and os.path.commonpath([row[1], real]) == row[1]]
    _, kind = max(holding, key=lambda mount: len(mount[0]), default=("", ""))
    return kind if kind in _NETWORK else None
