"""A file that is there completely, or not at all."""

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Final

from .errors import InvalidCommand, Unavailable

_SHOWN_CHARS: Final = 50
"""Of the file's name in that of its part, which so is no longer than a name may be."""


@contextmanager
def whole_file(path: Path, *, force: bool) -> Iterator[IO[bytes]]:
    """Written beside `path` under another name, and named so once it is on disk. Without `force` it takes no other's place.

    Raises InvalidCommand `file_exists`, Unavailable `file_not_writable`. Whatever ends it too early, `path` is as it was.
    """
    part = path.parent / f".{path.name[:_SHOWN_CHARS]}.{uuid.uuid4().hex[:12]}.part"
    try:
        if not force and path.exists():
            raise FileExistsError
        with part.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        (os.replace if force else _name)(part, path)
    except FileExistsError:
        raise InvalidCommand("file_exists", f"{path} is there already", hint="name another, or --force") from None
    except OSError as error:
        hint = "is there such a directory, may you write to it, is there room?"
        raise Unavailable("file_not_writable", f"{path}: {error.strerror or error}", hint=hint) from error
    finally:
        # Where it could not be made there is nothing to remove, and what is wrong has been said.
        with suppress(OSError):
            part.unlink(missing_ok=True)


def _name(part: Path, path: Path) -> None:
    """Fails where a file has come meanwhile; a rename alone would take its place."""
    try:
        os.link(part, path)
    except OSError:
        # vfat, SMB and some of FUSE know no links: there the name is taken first, which fails as well where it is not free.
        path.open("xb").close()
        try:
            os.replace(part, path)
        except OSError:
            path.unlink()
            raise
