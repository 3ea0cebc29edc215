"""Write files whole or not at all: a reader, a crash or a full disk never meets half of one."""

import contextlib
import os
import shutil
import uuid
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

SCRAP_PREFIX = ".half-written-"
"""What a run that was killed while writing leaves behind begins with this."""


def sweep(folder: Path) -> None:
    """Delete what killed runs left in a folder; whoever calls this holds the lock that lets one write at a time."""
    for scrap in folder.glob(f"{SCRAP_PREFIX}*"):
        if scrap.is_dir():
            shutil.rmtree(scrap)
        else:
            scrap.unlink(missing_ok=True)


@contextmanager
def replacing(path: Path, *, scrap_in: Path | None = None) -> Iterator[Path]:
    """Give a temporary file beside `path` that takes its place when the block ends well; folders are made.

    `scrap_in` is another folder of the same disk for the temporary file: a killed run leaves it where nobody reads.

    Raises
    ------
    OSError
        When the folder or the disk refuses; an older file is left as it was.
    """
    with replacing_all([path], scrap_in=scrap_in) as (scrap,):
        yield scrap


@contextmanager
def replacing_all(paths: Sequence[Path], *, scrap_in: Path | None = None) -> Iterator[list[Path]]:
    """Give a temporary file beside each path; all take their places when the block ends well, or none does.

    Raises
    ------
    OSError
        When a folder or the disk refuses; older files are left as they were.
    """
    with ExitStack() as stack:
        scraps = [stack.enter_context(_scrap(path, folder=scrap_in)) for path in paths]
        yield scraps
        for scrap in scraps:
            with scrap.open("rb+") as file:
                os.fsync(file.fileno())
        _replace(scraps, paths)


def _replace(scraps: list[Path], paths: Sequence[Path]) -> None:
    """Put each file into its place; should one be refused (open in Excel, say), put the older ones back."""
    with ExitStack() as stack:
        older = [stack.enter_context(_second_name(path)) for path in paths] if len(paths) > 1 else []
        was_there = [path.exists() for path in paths]
        for at, (scrap, path) in enumerate(zip(scraps, paths, strict=True)):
            try:
                scrap.replace(path)
            except OSError:
                for back, old, there in zip(paths[:at], older, was_there, strict=False):
                    if old.exists():
                        old.replace(back)
                    elif not there:
                        back.unlink()
                raise


@contextmanager
def _scrap(path: Path, *, folder: Path | None = None) -> Iterator[Path]:
    """Name a temporary file beside `path` or in a folder, and delete what is left of it in the end."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # not mkstemp: its files are for the owner alone, and a report is for others to read
    # elsewhere without the ending, by which others choose what they read
    scrap = (folder or path.parent) / f"{SCRAP_PREFIX}{uuid.uuid4().hex}{'' if folder else path.suffix}"
    try:
        yield scrap
    finally:
        scrap.unlink(missing_ok=True)


@contextmanager
def _second_name(path: Path) -> Iterator[Path]:
    """Give a file a second name for a while; where the disk knows no hard links, there is none."""
    with _scrap(path) as name:
        with contextlib.suppress(OSError):
            os.link(path, name)
        yield name
