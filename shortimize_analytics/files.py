"""Write a file whole or not at all: a reader, a crash or a full disk never meets half of one."""

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SCRAP_PREFIX = ".half-written-"
"""What a run that was killed while writing leaves behind begins with this."""


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a temporary file beside `path` that takes its place when the block ends well; folders are made.

    Raises
    ------
    OSError
        When the folder or the disk refuses; an older file is left as it was.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    # not mkstemp: its files are for the owner alone, and a report is for others to read
    scrap = path.with_name(f"{SCRAP_PREFIX}{uuid.uuid4().hex}{path.suffix}")
    try:
        yield scrap
        with scrap.open("rb+") as file:
            os.fsync(file.fileno())
        scrap.replace(path)
    except BaseException:
        scrap.unlink(missing_ok=True)
        raise
