"""A file that is there completely, or not at all."""

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from .errors import InvalidCommand, Unavailable


@contextmanager
def whole_file(path: Path, *, force: bool) -> Iterator[IO[bytes]]:
    """Written beside `path` under another name, and named so once it is on disk. Without `force` it takes no other's place.

    Raises InvalidCommand `file_exists`, Unavailable `file_not_writable`. Whatever ends it too early, `path` is as it was.
    """
    part = path.parent / f".{path.name}.{uuid.uuid4().hex[:12]}.part"
    try:
        if not force and path.exists():
            raise FileExistsError
        with part.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        # A link fails where a file has come meanwhile; a rename would take its place.
        (os.replace if force else os.link)(part, path)
    except FileExistsError:
        raise InvalidCommand("file_exists", f"{path} is there already", hint="name another, or --force") from None
    except OSError as error:
        hint = "is there such a directory, may you write to it, is there room?"
        raise Unavailable("file_not_writable", f"{path}: {error.strerror or error}", hint=hint) from error
    finally:
        part.unlink(missing_ok=True)
